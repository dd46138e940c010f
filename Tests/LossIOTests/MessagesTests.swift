import Testing

@testable import LossIO

@Suite("Messages")
struct MessagesTests {
  private static let columns = ["score", "label", "weight", "id"]

  @Test(
    "a slip of a letter or two is forgiven",
    arguments: [
      ("score", "score"), ("scroe", "score"), ("csore", "score"), ("scor", "score"),
      ("scores", "score"), ("scare", "score"), ("labels", "label"), ("lable", "label"),
      ("LABEL", "label"), ("Score", "score"), ("wieght", "weight"), ("wight", "weight"),
      ("wegiht", "weight"), ("wwieght", "weight"), ("di", "id"), ("it", "id"), ("i", "id"),
    ])
  func near(name: String, nearest: String) {
    #expect(nearestName(to: name, in: Self.columns) == nearest)
  }

  @Test(
    "another word is not",
    arguments: ["xyz", "prediction", "socer2", "lebal", "sce", "w", "weigh123"])
  func far(name: String) {
    #expect(nearestName(to: name, in: Self.columns) == nil)
  }

  @Test("an exchange of neighbours counts as one slip, so that the nearer name wins")
  func transposition() {
    // "ab" to "ba" is one exchange; with two replacements "xb" would be nearer.
    #expect(nearestName(to: "bace", in: ["xaye", "abce"]) == "abce")
    #expect(nearestName(to: "ab", in: ["ba"]) == "ba")
  }

  @Test("the first of equally near names is taken, and there is none among none")
  func order() {
    #expect(nearestName(to: "col", in: ["cola", "colb"]) == "cola")
    #expect(nearestName(to: "col", in: ["colb", "cola"]) == "colb")
    #expect(nearestName(to: "col", in: []) == nil)
    #expect(nearestName(to: "", in: ["long"]) == nil)
  }

  @Test(
    "text from a file is quoted, with control characters, quotes and backslashes escaped",
    arguments: [
      ("plain", #""plain""#), ("", #""""#), ("a\"b", #""a\"b""#), (#"a\b"#, #""a\\b""#),
      ("a\nb\tc\r", #""a\nb\tc\r""#), ("\0", #""\0""#), ("\u{1B}[31m", #""\u{1B}[31m""#),
      ("\u{7F}", #""\u{7F}""#), ("é漢", #""é漢""#), ("it's", #""it's""#),
    ])
  func quoting(text: String, quoted: String) {
    #expect(quotedForMessage(text) == quoted)
  }

  @Test("control characters of the upper half, which terminals obey too, are escaped")
  func upperControls() {
    #expect(quotedForMessage("a\u{9B}31mb") == #""a\u{009B}31mb""#)
    #expect(quotedForMessage("\u{85}") == #""\u{0085}""#)
  }

  @Test("at most 40 characters are quoted")
  func length() {
    let text = String(repeating: "é1", count: 20)
    #expect(quotedForMessage(text) == "\"\(text)\"")
    #expect(quotedForMessage(text + "2") == "\"\(text)…\"")
  }
}
