import Foundation
import RepositoryFiles
import Testing

/// What `docs/threat-model.md` says is shown.
struct ThreatModelTests {
    private let text: String

    init() throws { text = try RepositoryFile("docs/threat-model.md").text() }

    @Test func `each test that is named exists`() throws {
        let folder = RepositoryFile.rootPath + "/Tests"
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix("Tests.swift") }
        let files = Dictionary(grouping: paths) { $0.split(separator: "/").last?.dropLast(".swift".count) ?? "" }
        // Each as `Suite: name of the test`, or a whole suite.
        let named = text.matches(of: /`([A-Za-z]+Tests)(?:: ([^`]+))?`/)
        #expect(named.count > 60)
        for match in named {
            let found = files[match.1] ?? []
            #expect(!found.isEmpty, "There is no \(match.1).swift.")
            guard let test = match.2 else { continue }
            let hasTest = try found.contains {
                try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8).contains("func `\(test)`(")
            }
            #expect(hasTest, "\(match.1) has no test `\(test)`.")
        }
    }

    @Test func `each of the ten risks has what is done and the tests that show it`() throws {
        for number in 1...10 {
            let title = "\n### API\(number) "
            let start = try #require(text.range(of: title), "API\(number) is missing.").upperBound
            let part = text[start...].prefix(while: { $0 != "#" })
            #expect(part.contains("\n- `"), "API\(number) names no test.")
        }
    }
}
