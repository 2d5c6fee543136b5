import Foundation

/// A package of somebody who uses this one, in a folder `hello` beside a link to this repository named `orchestrator`, as
/// `docs/write-your-own-function.md` has it.
struct UserPackage {
    static let repository = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../..").standardized

    let folder: URL
    private let parent: URL

    init() throws {
        parent = FileManager.default.temporaryDirectory.appendingPathComponent("user-package-\(UUID())")
        folder = parent.appendingPathComponent("hello")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            at: parent.appendingPathComponent("orchestrator"), withDestinationURL: UserPackage.repository)
    }

    func remove() { try? FileManager.default.removeItem(at: parent) }

    /// - Parameter path: from the package's folder.
    func write(_ text: String, to path: String) throws {
        let file = folder.appendingPathComponent(path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    /// Runs a command of a shell in the package's folder until it ends.
    func shell(_ command: String) throws -> (status: Int32, text: String) {
        let process = process(command)
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    /// A command of a shell in the package's folder, not yet started.
    func process(_ command: String) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", command]
        process.currentDirectoryURL = folder
        // SwiftPM leaves locks there.
        process.environment = ProcessInfo.processInfo.environment.merging(["TMPDIR": parent.path]) { _, own in own }
        return process
    }
}
