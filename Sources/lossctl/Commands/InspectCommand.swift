import ArgumentParser
import LossIO
import LossTensor
import Losses

/// Says what is in files.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show the dtypes, shapes and ranges of tensors in files.",
    discussion: """
      Each member of an archive has a line of its own. order is C for row-major and F for \
      column-major elements; min, max and mean leave NaN out.

      EXAMPLES
        lossctl inspect logits.npy labels.npy
        lossctl inspect run.npz
        lossctl inspect 'shards/*.npy' --format json | jq .arrays[].mean
      """)

  @Argument(
    help: ArgumentHelp("The files, or patterns and @lists of them.", valueName: "file"),
    completion: .tensorFile)
  var files: [String]

  @Option(help: ArgumentHelp("How to show it.", valueName: "name"))
  var format = InspectFormat.table

  @Flag(help: "Leave out what needs all elements to be read: min, max, mean and counts.")
  var noStats = false

  @OptionGroup(title: "CSV tables")
  var tables: TableOptions

  @OptionGroup(title: "Reading")
  var reading: ReadingOptions

  func run() throws {
    var options = try reading.readOptions
    options.csv = tables.dialect
    var arrays: [InspectedArray] = []
    for name in try Dataset.names(of: files) {
      try TensorFile.forEach(in: name, options: options) { name, file in
        var file = file
        if !file.missingRows.isEmpty { try file.leaveOut(rows: file.missingRows) }
        arrays.append(try inspect(name, file))
      }
    }
    let output = try OutputFile(path: "-")
    switch format {
    case .json:
      let all = JSON.object([
        ("schema", .string("lossctl.inspect/1")), ("arrays", .array(arrays.map(\.json))),
      ])
      try all.write(to: output)
    case .table: try InspectedArray.table(arrays, hasStatistics: !noStats).write(to: output)
    }
  }

  private func inspect(_ name: String, _ file: TensorFile) throws -> InspectedArray {
    let tensor = file.tensor
    let statistics = try noStats ? nil : TensorStatistics(of: tensor, threadCount: reading.threads)
    return InspectedArray(name: name, tensor: tensor, statistics: statistics)
  }
}

/// How `inspect` shows arrays.
enum InspectFormat: String, CaseIterable, ExpressibleByArgument {
  case table, json
}

/// One array and what was found out about it.
struct InspectedArray {
  let name: String
  let elementType: ElementType
  let shape: Shape
  let order: String
  let statistics: TensorStatistics?

  init(name: String, tensor: Tensor, statistics: TensorStatistics?) {
    self.name = name
    elementType = tensor.elementType
    shape = tensor.shape
    order = tensor.isContiguous ? "C" : "F"
    self.statistics = statistics
  }

  /// The array as it stands in JSON.
  var json: JSON {
    var members: [(key: String, value: JSON)] = [
      ("name", .string(name)), ("dtype", .string(elementType.rawValue)),
      ("shape", .array(shape.dimensions.map { .integer($0) })), ("order", .string(order)),
    ]
    if let statistics {
      members += [
        ("min", Self.number(statistics.least)), ("max", Self.number(statistics.largest)),
        ("mean", Self.number(statistics.mean)), ("nan", .integer(statistics.notNumbers)),
        ("infinite", .integer(statistics.infinities)),
      ]
    }
    return .object(members)
  }

  private static func number(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }

  /// All arrays as lines with a heading.
  static func table(_ arrays: [InspectedArray], hasStatistics: Bool) -> TextTable {
    let heading = ["name", "dtype", "shape", "order"]
    let more = hasStatistics ? ["min", "max", "mean", "nan", "infinite"] : []
    return TextTable(
      heading: heading + more, rows: arrays.map(\.cells),
      numeric: Set(heading.count..<heading.count + more.count))
  }

  private var cells: [String] {
    let cells = [name, elementType.rawValue, shape.description, order]
    guard let statistics else { return cells }
    return cells + [
      text(statistics.least, elementType), text(statistics.largest, elementType),
      text(statistics.mean, .float64), String(statistics.notNumbers),
      String(statistics.infinities),
    ]
  }

  /// A number as short as the type it comes from allows.
  private func text(_ value: Double?, _ type: ElementType) -> String {
    guard let value else { return "-" }
    if let whole = Int(exactly: value), value.magnitude < 1e15 { return String(whole) }
    return type == .float64 ? value.description : Float(value).description
  }
}
