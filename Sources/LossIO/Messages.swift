/// Text from a file as it may stand in a message: in quotes, at most 40 characters, with control
/// characters and quotes escaped.
func quotedForMessage(_ text: some StringProtocol) -> String {
  var result = "\""
  for scalar in text.unicodeScalars.prefix(40) {
    result +=
      isHidden(scalar) || scalar == "\"" || scalar == "\\"
      ? scalar.escaped(asASCII: true) : String(scalar)
  }
  return result + (text.unicodeScalars.count > 40 ? "…\"" : "\"")
}

/// Whether a character would not show, or would change how others do: controls, byte order marks, marks of
/// writing direction, line separators.
private func isHidden(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .control, .format, .lineSeparator, .paragraphSeparator: true
  default: false
  }
}

/// Text from a file without quotes of ours: at most 80 characters, control characters escaped.
func plain(_ text: some StringProtocol) -> String {
  var result = ""
  for scalar in text.unicodeScalars.prefix(80) {
    result +=
      isHidden(scalar)
      ? scalar.escaped(asASCII: true) : String(scalar)
  }
  return result + (text.unicodeScalars.count > 80 ? "…" : "")
}

/// The entry of `known` that `name` most likely is a slip for, or nil where none is near.
public func nearestName(to name: String, in known: [String]) -> String? {
  let distances = known.map {
    (distance: editDistance(name.lowercased(), $0.lowercased()), name: $0)
  }
  guard let best = distances.min(by: { $0.distance < $1.distance }) else { return nil }
  // A third of the letters wrong is a slip; more is another word.
  return best.distance <= max(1, name.count / 3) ? best.name : nil
}

/// Insertions, deletions, replacements and exchanges of neighbours that make one text of the other.
private func editDistance(_ first: String, _ second: String) -> Int {
  let (a, b) = (Array(first), Array(second))
  var rows = [Array(0...b.count)]
  for i in 1..<(a.count + 1) {
    var row = [i]
    for j in 1..<(b.count + 1) {
      let replaced = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
      var best = min(replaced, rows[i - 1][j] + 1, row[j - 1] + 1)
      if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
        best = min(best, rows[i - 2][j - 2] + 1)
      }
      row.append(best)
    }
    rows.append(row)
  }
  return rows[a.count][b.count]
}
