import Foundation
import Settings
import Testing

@Suite struct DotEnvFileTests {
    @Test func `each line assigns one value`() {
        let file = DotEnvFile(
            """
            # the database
            DB_HOST=127.0.0.1
              DB_PORT = 3306

            export DB_NAME=orders
            EMPTY=
            URL=http://host:1/a=b
            """)
        #expect(
            file.values == [
                "DB_HOST": "127.0.0.1", "DB_PORT": "3306", "DB_NAME": "orders", "EMPTY": "", "URL": "http://host:1/a=b",
            ])
        #expect(file.assignments.map(\.line) == [2, 3, 5, 6, 7])
        #expect(file.mistakes == [])
    }

    @Test func `a comment begins at a number sign after a blank`() {
        let file = DotEnvFile("A=1 # one\nB=x#y\nC=#all\nD='a # b' # c\nE=\"a # b\"\n#F=1")
        #expect(file.values == ["A": "1", "B": "x#y", "C": "", "D": "a # b", "E": "a # b"])
        #expect(file.mistakes == [])
    }

    @Test func `quotes keep blanks and are taken off`() {
        let file = DotEnvFile("A=\"  x  \"\nB=it's\nC=\"don't\"\nE=''\nF=  plain  ")
        #expect(file.values == ["A": "  x  ", "B": "it's", "C": "don't", "E": "", "F": "plain"])
        #expect(file.mistakes == [])
    }

    @Test func `lines may end as on any system, and be counted all the same`() {
        let file = DotEnvFile("\u{FEFF}A=1\r\nB=2\r\r\nC=3\n")
        #expect(file.values == ["A": "1", "B": "2", "C": "3"])
        #expect(file.assignments.map(\.line) == [1, 2, 4])
    }

    @Test(arguments: ["", "   ", "\t", "# A=1", "  # A", "\n\n"]) func `blank lines and comments say nothing`(
        text: String
    ) {
        #expect(DotEnvFile(text).assignments == [])
        #expect(DotEnvFile(text).mistakes == [])
    }

    @Test(arguments: [
        "no assignment", "=s3cret", "A B=s3cret", "export", "two words = s3cret", "s3cret", "A-B=s3cret", "1A=s3cret",
        "Ä=s3cret", "DB_HOST: s3cret",
    ])
    func `a line that is nothing of that is a mistake, and not repeated`(line: String) {
        let file = DotEnvFile("X=1\n\(line)\nY=2")
        #expect(file.values == ["X": "1", "Y": "2"])
        #expect(file.mistakes == [".env line 2 is not NAME=value."])
    }

    @Test(arguments: [
        ("A=\"s3cret", "does not close the quote around the value of A"),
        ("A='s3cret\"", "does not close the quote around the value of A"),
        ("A='s3''cret'", "has text after the quoted value of A; quote the value as a whole"),
        ("export A=\"s3\" cret", "has text after the quoted value of A; quote the value as a whole"),
    ])
    func `a value that would be cut off is a mistake, and not repeated`(line: String, reason: String) {
        let file = DotEnvFile(line)
        #expect(file.values == [:])
        #expect(file.mistakes == [".env line 1 \(reason)."])
    }

    @Test func `the last of two assignments holds`() {
        #expect(DotEnvFile("A=1\nA=2").values == ["A": "2"])
    }

    @Test func `no file is no values and no mistake`() {
        #expect(DotEnvFile(path: "/nowhere/.env") == DotEnvFile(""))
    }

    @Test func `a file that is there and cannot be read is a mistake`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.path + "/.env"
        #expect(DotEnvFile(path: folder.path).mistakes == ["\(folder.path) cannot be read: Is a directory."])
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/nowhere/.env")
        #expect(DotEnvFile(path: path).mistakes == ["\(path) cannot be read: No such file or directory."])
        try FileManager.default.removeItem(atPath: path)
        try Data([0x41, 0x3D, 0xFF]).write(to: URL(fileURLWithPath: path))
        #expect(DotEnvFile(path: path).mistakes == ["\(path) is not UTF-8 text."])
        try Data("A=s3cret".utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
        if geteuid() != 0 { #expect(DotEnvFile(path: path).mistakes == ["\(path) cannot be read: Permission denied."]) }
    }
}
