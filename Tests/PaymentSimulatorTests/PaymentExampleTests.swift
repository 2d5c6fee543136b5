import BlockingTesting
import Foundation
import RepositoryFiles
import SystemTesting
import Testing

/// What `docs/payments.md` shows.
@Suite(.blocking) struct PaymentExampleTests {
    @Test func `the commands that are shown work, as often as they are pasted`() throws {
        let simulator = try Simulator(["API_TOKEN": ""])
        let text = try RepositoryFile("docs/payments.md").text()
        let blocks = text.components(separatedBy: "```sh\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```").first
        }
        #expect(blocks.count == 2)
        let commands = blocks.joined(separator: "\n").replacing(":3020", with: ":\(simulator.client.port)")
        for _ in 0..<2 {
            let shell = try ServiceProcess(
                "bash", program: URL(fileURLWithPath: "/bin/bash"), arguments: ["-euo", "pipefail", "-c", commands],
                environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"])
            #expect(try shell.waitForExit() == 0, "\(shell.text)")
            #expect(shell.text.contains(#""status":"succeeded""#), "\(shell.text)")
            #expect(shell.text.contains(#""capture_count":1,"capture_cents":2580"#), "\(shell.text)")
            #expect(shell.text.hasSuffix(#"{"data":{"faults":[]}}"#), "\(shell.text)")
        }
        #expect(try simulator.ledger() == ["1×2580 1×2580 0×0 0×0"])
    }
}
