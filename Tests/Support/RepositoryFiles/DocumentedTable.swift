private import Foundation

/// A part of a document that is made from the code: the lines of a table, or of a block. With `UPDATE_DOCS` in the environment
/// it is written instead of compared.
package struct DocumentedTable {
    /// What the document lacks.
    package struct Stale: Error, CustomStringConvertible {
        package let description: String
    }

    private let path: String
    private let header: String

    /// - Parameter header: the line above; the one below it is the table's rule, or the fence of the block, and stays too.
    package init(path: String, header: String) {
        self.path = path
        self.header = header
    }

    /// - Throws: `Stale` if the lines below the header are not `rows`, up to the first that is empty or a fence.
    package func check(_ rows: [String]) throws {
        let file = RepositoryFile(path)
        let lines = try file.text().components(separatedBy: "\n")
        guard let index = lines.firstIndex(of: header), index + 2 <= lines.count else {
            throw Stale(description: "\(path) has no line \"\(header)\".")
        }
        let start = index + 2
        let end = lines[start...].firstIndex { $0.isEmpty || $0.hasPrefix("```") } ?? lines.count
        guard Array(lines[start..<end]) != rows else { return }
        if ProcessInfo.processInfo.environment["UPDATE_DOCS"] != nil {
            let text = (lines[..<start] + rows + lines[end...]).joined(separator: "\n")
            try text.write(toFile: file.path, atomically: true, encoding: .utf8)
        } else {
            throw Stale(
                description:
                    "\(path) is stale; run the test with UPDATE_DOCS=1, or write:\n\(rows.joined(separator: "\n"))")
        }
    }
}
