import ArgumentParser
import LossIO
import LossTensor

/// Writes a tensor as another type or in another format.
struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Convert tensors between formats and element types.",
    discussion: """
      The destination's suffix gives its format: .npy, .npz, .csv, .txt or .json. Several sources are \
      joined along axis 0. Floating-point numbers are rounded to nearest; anything else the type \
      does not have is an error.

      EXAMPLES
        lossctl convert scores.csv scores.npy --dtype float32
        lossctl convert table.csv:score,label table.npy
        lossctl convert 'shards/*.npy' all.npy
        lossctl convert logits.npy run.npz:logits --dtype float16
        lossctl convert run.npz:logits - --format csv | head
      """)

  @Argument(
    help: ArgumentHelp("The files to read, then the file to write.", valueName: "file"),
    completion: .tensorFile)
  var files: [String]

  @Option(
    help: ArgumentHelp(
      "The type to write; by default the source's own, and float64 for text.", valueName: "dtype"))
  var dtype: ElementTypeChoice?

  @Option(
    help: ArgumentHelp(
      "The format to write; by default the one the destination's suffix announces.",
      valueName: "name"))
  var format: TensorOutput?

  @OptionGroup(title: "CSV tables")
  var tables: TableOptions

  @OptionGroup(title: "Reading")
  var reading: ReadingOptions

  func run() throws {
    // Text goes straight to the float it is wanted in, not by way of another.
    let textType: ElementType = dtype == .float32 ? .float32 : .float64
    let source = try ConvertSource(files, reading, tables, textType: textType)
    let target = try ConvertTarget(source.destination, format: format)
    let output = try OutputFile(path: target.path)
    let content = TensorContent(
      source.data.tensor, as: dtype?.elementType, from: source.data.name)
    try target.format.write(content, key: target.key, to: output)
    try source.data.requireWhole()
    try output.commit()
  }
}

/// What is read of files of which the last is to be written.
struct ConvertSource {
  let data: Dataset
  let destination: String

  /// Reads all but the last file.
  ///
  /// - Throws: `UsageError` where there are not two, `FileError` where one cannot be read.
  init(
    _ files: [String], _ reading: ReadingOptions, _ tables: TableOptions, textType: ElementType
  ) throws {
    guard files.count > 1, let destination = files.last else { throw UsageError.noDestination }
    var options = try reading.readOptions
    options.csv = tables.dialect
    options.textType = textType
    var data = try Dataset(reading: Array(files.dropLast()), options: options)
    if !data.missingRows.isEmpty { try data.leaveOut(rows: data.missingRows) }
    self.data = data
    self.destination = destination
  }
}

/// Where a tensor goes.
struct ConvertTarget {
  let path: String
  let format: TensorOutput
  /// The array's name in an archive; `arr_0` is what numpy.savez calls an array without one.
  let key: String

  /// Reads `out.npy`, `-` or `out.npz:key`.
  init(_ text: String, format: TensorOutput?) throws(FileError) {
    if let colon = text.lastIndex(of: ":"),
      (format ?? TensorOutput.announced(by: String(text[..<colon]))) == .npz,
      TensorOutput.announced(by: text) != .npz
    {
      path = String(text[..<colon])
      self.format = .npz
      key = String(text[text.index(after: colon)...])
      return
    }
    path = text
    self.format = if let format { format } else { try TensorOutput(suffixOf: text) }
    key = "arr_0"
  }
}
