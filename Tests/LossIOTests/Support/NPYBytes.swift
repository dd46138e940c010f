import LossTensor

@testable import LossIO

/// NPY files built by hand.
enum NPYBytes {
  /// A (2, 3) float32 file of version 1.0 with its header padded to 128 bytes, as NumPy writes it.
  static let small = file(
    header: pad("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"),
    data: [1.5, -2, 3.25, 4, 5.5, -6.125].flatMap { (value: Float) in
      withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
    })

  /// Blanks and a line break after `header`, so that data after version 1.0 starts at byte 128.
  static func pad(_ header: String) -> [UInt8] {
    Array(header.utf8) + [UInt8](repeating: 0x20, count: 117 - header.utf8.count) + [0x0A]
  }

  /// Magic string, version, length, header and data.
  static func file(
    major: UInt8 = 1, minor: UInt8 = 0, headerCount: Int? = nil, header: [UInt8],
    data: [UInt8] = [UInt8](repeating: 0, count: 24)
  ) -> [UInt8] {
    let count = headerCount ?? header.count
    let length = (0..<(major == 1 ? 2 : 4)).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
    return [0x93] + Array("NUMPY".utf8) + [major, minor] + length + header + data
  }

  /// The tensor that `bytes` hold, found out by their content and then by the suffix.
  static func read(
    _ bytes: [UInt8], path: String = "x.npy", options: ReadOptions = ReadOptions()
  ) throws(FileError) -> Tensor {
    let source = ByteSource(path: path, storage: ByteStorage(copying: bytes))
    let format = try FileFormats.format(of: source)
    return try format.read(source, name: path, selector: nil, options: options).tensor
  }
}
