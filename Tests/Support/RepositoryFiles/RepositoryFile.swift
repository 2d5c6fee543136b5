private import Foundation

/// A file of this checkout, found from where this source file stands: tests run from any folder.
package struct RepositoryFile: Sendable {
    /// The folder that holds `Package.swift`.
    package static let rootPath = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined()

    package let path: String

    /// - Parameter relativePath: from the root, such as `openapi/orders.yaml`.
    package init(_ relativePath: String) { path = RepositoryFile.rootPath + "/" + relativePath }

    /// The whole text, which must be UTF-8.
    package func text() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
}
