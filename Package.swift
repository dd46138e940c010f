// swift-tools-version: 6.2
import PackageDescription

// `make check` sets this; a plain `swift build` with a newer compiler should not fail on its new warnings.
let strict: [SwiftSetting] =
  Context.environment["LOSSCTL_WARNINGS_AS_ERRORS"] == "1" ? [.treatAllWarnings(as: .error)] : []

// Kernels are unchecked, optimised also in debug builds, and compiled once for each instruction set.
let fast: [SwiftSetting] = [.unsafeFlags(["-Ounchecked"])]

#if arch(x86_64)
let instructionSets = [
  (module: "LossKernelsAVX2", flag: "-march=x86-64-v3"),
  (module: "LossKernelsAVX512", flag: "-march=x86-64-v4"),
]
#else
let instructionSets: [(module: String, flag: String)] = []
#endif

let package = Package(
  name: "lossctl",
  products: [
    .executable(name: "lossctl", targets: ["lossctl"]),
    .library(name: "Losses", targets: ["Losses"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    .target(name: "LossTensor", swiftSettings: strict),
    .target(name: "LossThreads", dependencies: ["CPlatform"], swiftSettings: strict),
    .target(name: "LossKernels", swiftSettings: strict + fast),
    .target(
      name: "Losses",
      dependencies: ["LossTensor", "LossThreads", "LossKernels", "CPlatform", "COpenBLAS"]
        + instructionSets.map { .target(name: $0.module) },
      swiftSettings: strict),
    .target(
      name: "LossIO",
      dependencies: [
        "LossTensor", "LossThreads", "CArchive", "CChecksum", "CFastFloat", "CPlatform",
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "lossctl",
      dependencies: [
        "Losses", "LossIO", "LossTensor", "LossThreads",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    // libarchive and zlib. Opened at need, not linked: that would load fifteen libraries at every start.
    .target(name: "CArchive", dependencies: ["CPlatform"]),
    // OpenBLAS, for the losses that are products of matrices; opened at need, too.
    .target(name: "COpenBLAS", dependencies: ["CPlatform"]),
    .target(name: "CChecksum"),
    // fast_float is header-only C++; this target gives its exact parser a C face.
    .target(name: "CFastFloat"),
    // What the system offers and Swift's own C module hides.
    .target(name: "CPlatform", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
    .testTarget(
      name: "LossTensorTests", dependencies: ["LossTensor"], swiftSettings: strict),
    .testTarget(
      name: "LossThreadsTests", dependencies: ["LossThreads"], swiftSettings: strict),
    .testTarget(
      name: "LossesTests", dependencies: ["Losses", "LossKernels", "LossIO", "LossTensor"],
      swiftSettings: strict),
    .testTarget(
      name: "LossIOTests", dependencies: ["LossIO", "LossTensor", "CChecksum"],
      swiftSettings: strict),
    .testTarget(name: "lossctlTests", dependencies: ["lossctl", "Losses"], swiftSettings: strict),
  ]
    + instructionSets.map { set in
      .target(
        name: set.module, dependencies: ["LossKernels"],
        swiftSettings: strict + fast + [.unsafeFlags(["-Xcc", set.flag])])
    },
  cxxLanguageStandard: .cxx17
)
