import BlockingTesting
import Foundation
import Testing

/// LambdaRuntime can be used beside others' packages: SwiftPM refuses a target of theirs that has the name of one of ours, even
/// of one that LambdaRuntime does not need.
@Suite(.blocking) struct TargetNameTests {
    @Test func `no target is named as one of Apple's or the server workgroup's is`() throws {
        let own = try targetNames()
        #expect(own.count > 30)
        #expect(own.contains("LambdaRuntime"))
        for (package, targets) in PackagesOfOthers.targets {
            #expect(own.isDisjoint(with: targets), "\(package)")
        }
    }

    @Test func `a function builds beside packages whose targets are named as others' are`() throws {
        let package = try UserPackage()
        defer { package.remove() }
        for (name, targets) in PackagesOfOthers.targets {
            try package.write(standIn(name, targets), to: "others/\(name)/Package.swift")
            for target in targets {
                let source = "others/\(name)/Sources/\(target)/name.swift"
                try package.write("public let name = \"\(target)\"\n\(types[target, default: ""])", to: source)
            }
        }
        try package.write(manifest, to: "Package.swift")
        // Reached, so that all names count, and never built.
        try package.write("", to: "Sources/Others/others.swift")
        try package.write(
            """
            import Crypto
            import HTTPTypes
            import LambdaRuntime
            import Logging

            struct Echo: LambdaHandler {
                let logger = Logger()

                func handle(_ event: [UInt8], _ context: LambdaContext) -> [UInt8] {
                    Logging.name.isEmpty || HTTPTypes.name.isEmpty || Crypto.name.isEmpty ? [] : event
                }
            }

            LambdaRuntime.run(Echo())

            """, to: "Sources/Hello/main.swift")
        let build = try package.shell("swift build --product Hello")
        #expect(build.status == 0, "\(build.text)")
    }

    /// What a function may name beside LambdaRuntime's types, by its target.
    private let types = ["Logging": "public struct Logger: Sendable { public init() {} }\n"]

    /// The names of this package's targets, the tests' apart: those of a dependency are not read.
    private func targetNames() throws -> Set<String> {
        let text = try String(
            contentsOf: UserPackage.repository.appendingPathComponent("Package.swift"), encoding: .utf8)
        let target = try Regex(
            #"(?:kernel|service|example|support|tool|\.systemLibrary|\.target|\.executableTarget)\(\s*(?:name: )?"(\w+)""#,
            as: (Substring, Substring).self)
        return Set(text.matches(of: target).map { String($0.output.1) })
    }

    private var manifest: String {
        let dependencies = PackagesOfOthers.targets.map { ".package(path: \"others/\($0.key)\")" }
        let products = PackagesOfOthers.targets.map { ".product(name: \"\($0.key)\", package: \"\($0.key)\")" }
        return """
            // swift-tools-version: 6.2
            import PackageDescription

            let package = Package(
                name: "hello",
                dependencies: [
                    .package(name: "Orchestrator", path: "../orchestrator"), \(dependencies.joined(separator: ", ")),
                ],
                targets: [
                    .executableTarget(
                        name: "Hello",
                        dependencies: [
                            .product(name: "LambdaRuntime", package: "Orchestrator"),
                            .product(name: "swift-crypto", package: "swift-crypto"),
                            .product(name: "swift-http-types", package: "swift-http-types"),
                            .product(name: "swift-log", package: "swift-log"),
                        ]),
                    .target(name: "Others", dependencies: [\(products.joined(separator: ", "))]),
                ]
            )

            """
    }

    /// A package with targets of these names, all in one product of the package's own name.
    private func standIn(_ name: String, _ targets: [String]) -> String {
        """
        // swift-tools-version: 6.2
        import PackageDescription

        let package = Package(
            name: "\(name)",
            products: [.library(name: "\(name)", targets: \(targets))],
            targets: \(targets).map { .target(name: $0) }
        )

        """
    }
}
