import RepositoryFiles
import Settings
import Testing
import WebService

@Suite struct ReplacedSettingTests {
    @Test func `the document for users of NestJS lists what a start tells of`() throws {
        let rows = ReplacedSetting.ofOtherProducts.map { setting in
            "| `\(setting.pattern)` | \(setting.replacement.prefix(1).uppercased())\(setting.replacement.dropFirst()) |"
        }
        try DocumentedTable(path: "docs/coming-from-nest.md", header: "| variable | here |").check(rows)
    }

    @Test func `no former name is told of that a service reads`() throws {
        let example = try RepositoryFile(".env.example").text()
        let names = example.split(separator: "\n").compactMap { line in
            line.hasPrefix("#") ? line.dropFirst().split(separator: "=").first : nil
        }
        #expect(names.count > 30)
        for setting in ReplacedSetting.ofOtherProducts {
            #expect(!names.contains { $0 == setting.pattern[...] }, "\(setting.pattern)")
        }
    }
}
