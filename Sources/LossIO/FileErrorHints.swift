// What to do about errors, where that depends on what was found.

/// What to do about a field that looks like several numbers: the file has another separator.
func separatorHint(_ found: String) -> String? {
  let content = found.dropFirst().dropLast()
  let separators = [
    (";", "semicolons separate", "--delimiter ';'"), ("|", "bars separate", "--delimiter '|'"),
    ("\\t", "tabs separate", "--delimiter tab"), (" ", "spaces separate", "--delimiter space"),
  ]
  for (separator, what, option) in separators {
    let parts = content.split(separator: separator)
    let areNumbers = parts.allSatisfy { $0.first.map("+-.0123456789".contains) ?? false }
    if parts.count > 1, areNumbers { return "if \(what) the fields, add \(option)" }
  }
  let parts = content.split(separator: ",", omittingEmptySubsequences: false)
  if parts.count == 2, parts[1].allSatisfy("0123456789eE+-".contains) {
    return "if commas are decimal marks, add --decimal ,"
  }
  return nil
}

/// A checksum as tools print it.
func hexadecimal(_ value: UInt32) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 8 - digits.count) + digits
}
