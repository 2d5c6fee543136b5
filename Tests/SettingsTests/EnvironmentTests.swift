import Foundation
import Settings
import Testing

@Suite struct EnvironmentTests {
    @Test func `what is set in the environment wins over the file`() throws {
        let path = try file("PATH=/from/file\nONLY_IN_THE_FILE_OF_THIS_TEST=yes")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let values = Environment.current(dotEnvPath: path).values
        #expect(values["PATH"] == ProcessInfo.processInfo.environment["PATH"])
        #expect(values["ONLY_IN_THE_FILE_OF_THIS_TEST"] == "yes")
    }

    @Test func `no file is no values`() {
        #expect(Environment.current(dotEnvPath: "/nowhere/.env").values == ProcessInfo.processInfo.environment)
    }

    @Test func `a file is read up to 64 KiB and not beyond`() throws {
        for count in [0, 4096, 65_536] {
            let path = try file(String(repeating: "a", count: count))
            defer { try? FileManager.default.removeItem(atPath: path) }
            #expect(try textOfFile(path).utf8.count == count)
        }
        let path = try file(String(repeating: "a", count: 65_537))
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(throws: TextFileError.tooLarge(bytesMax: 65_536)) { try textOfFile(path) }
    }

    @Test func `what is no text and no file is not read`() throws {
        let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString)"
        try Data([0x61, 0xFF]).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(throws: TextFileError.notText) { try textOfFile(path) }
        #expect(throws: TextFileError.unreadable("Is a directory")) {
            try textOfFile(FileManager.default.temporaryDirectory.path)
        }
        #expect(throws: TextFileError.absent) { try textOfFile(path + "-absent") }
    }

    @Test func `a file that may be read is told from a folder, from nothing and from a link to nothing`() throws {
        let path = try file("")
        let link = path + "-link"
        defer { for path in [path, link] { try? FileManager.default.removeItem(atPath: path) } }
        #expect(isReadableFile(path))
        #expect(!isReadableFile(FileManager.default.temporaryDirectory.path))
        #expect(!isReadableFile(path + "-absent"))
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
        #expect(isReadableFile(link))
        try FileManager.default.removeItem(atPath: path)
        #expect(!isReadableFile(link))
    }

    private func file(_ text: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString)"
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        return path
    }
}
