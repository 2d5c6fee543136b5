import Configuration
import Foundation
import Testing

@Suite struct EnvironmentTests {
    @Test func `each line assigns one value`() {
        let values = Environment.parse(
            dotEnv: """
                # the database
                DB_HOST=127.0.0.1
                  DB_PORT = 3306

                export DB_NAME=orders
                EMPTY=
                URL=http://host:1/a=b
                """)
        #expect(
            values == [
                "DB_HOST": "127.0.0.1", "DB_PORT": "3306", "DB_NAME": "orders", "EMPTY": "", "URL": "http://host:1/a=b",
            ])
    }

    @Test func `a comment begins at a number sign after a blank`() {
        let values = Environment.parse(dotEnv: "A=1 # one\nB=x#y\nC=#all\nD='a # b' # c\nE=\"a # b\"\n#F=1")
        #expect(values == ["A": "1", "B": "x#y", "C": "", "D": "a # b", "E": "a # b"])
    }

    @Test func `quotes keep blanks and are taken off`() {
        let values = Environment.parse(dotEnv: "A=\"  x  \"\nB='it''s'\nC=\"don't\"\nD=\"open\nE=''\nF=  plain  ")
        #expect(values == ["A": "  x  ", "B": "it", "C": "don't", "D": "\"open", "E": "", "F": "plain"])
    }

    @Test func `lines may end as on any system`() {
        #expect(Environment.parse(dotEnv: "A=1\r\nB=2\rC=3\n") == ["A": "1", "B": "2", "C": "3"])
    }

    @Test(arguments: ["", "   ", "no assignment", "=value", "# A=1", "A B=1", "export", "two words = 1"])
    func `other lines are ignored`(line: String) {
        #expect(Environment.parse(dotEnv: line) == [:])
    }

    @Test func `the last of two assignments holds`() {
        #expect(Environment.parse(dotEnv: "A=1\nA=2") == ["A": "2"])
    }

    @Test func `what is set in the environment wins over the file`() throws {
        let path = try file("PATH=/from/file\nONLY_IN_THE_FILE_OF_THIS_TEST=yes")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let values = Environment.current(dotEnvPath: path)
        #expect(values["PATH"] == ProcessInfo.processInfo.environment["PATH"])
        #expect(values["ONLY_IN_THE_FILE_OF_THIS_TEST"] == "yes")
    }

    @Test func `no file is no values`() {
        #expect(Environment.current(dotEnvPath: "/nowhere/.env") == ProcessInfo.processInfo.environment)
    }

    @Test func `a file is read up to 64 KiB and not beyond`() throws {
        for (count, isRead) in [(0, true), (4096, true), (65_536, true), (65_537, false)] {
            let path = try file(String(repeating: "a", count: count))
            defer { try? FileManager.default.removeItem(atPath: path) }
            #expect((textOfFile(path) != nil) == isRead)
            if isRead { #expect(textOfFile(path)?.utf8.count == count) }
        }
    }

    @Test func `what is no text and no file is not read`() throws {
        let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString)"
        try Data([0x61, 0xFF]).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(textOfFile(path) == nil)
        #expect(textOfFile(FileManager.default.temporaryDirectory.path) == nil)
        #expect(textOfFile(path + "-absent") == nil)
    }

    private func file(_ text: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString)"
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        return path
    }
}
