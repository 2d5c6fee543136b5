import Foundation
import Testing

@testable import FaultPoints

struct FaultPlanTests {
    @Test func `without a plan nothing happens, and nothing is recorded`() throws {
        try withPlan(nil) { plan, path in
            #expect(plan.pass("a") == .goOn)
            #expect(!FileManager.default.fileExists(atPath: path + ".passes"))
        }
    }

    @Test func `every pass is recorded, whatever is planned`() throws {
        try withPlan("Other a 1 exit\n") { plan, path in
            for point in ["a", "b", "a"] { #expect(plan.pass(point) == .goOn) }
            let record = try text(path + ".passes")
            #expect(record == "Program a\nProgram b\nProgram a\n")
            let rest = try text(path)
            #expect(rest == "Other a 1 exit\n")
        }
    }

    @Test func `a fault happens at the pass that it names, once`() throws {
        try withPlan("Program a 2 lose\n") { plan, path in
            #expect(
                [plan.pass("a"), plan.pass("b"), plan.pass("a"), plan.pass("a")] == [.goOn, .goOn, .loseReply, .goOn])
            let rest = try text(path)
            #expect(rest == "")
        }
    }

    @Test func `a fault is armed when the one before it has happened, and counts from there`() throws {
        try withPlan("Program a 1 lose\nProgram b 2 lose\n") { plan, path in
            #expect([plan.pass("b"), plan.pass("b")] == [.goOn, .goOn])
            #expect(plan.pass("a") == .loseReply)
            let rest = try text(path)
            #expect(rest == "Program b 2 lose\n")
            #expect([plan.pass("b"), plan.pass("b")] == [.goOn, .loseReply])
        }
    }

    @Test func `two programs share a plan`() throws {
        try withPlan("Program a 1 lose\nOther a 1 lose\n") { plan, path in
            let other = FaultPlan(path: path, program: "Other")
            #expect(
                [other.pass("a"), plan.pass("a"), plan.pass("a"), other.pass("a")] == [
                    .goOn, .loseReply, .goOn, .loseReply,
                ])
        }
    }

    @Test func `a stall lasts as long as it says`() throws {
        try withPlan("Program a 1 stall:50\n") { plan, _ in
            let start = DispatchTime.now().uptimeNanoseconds
            #expect(plan.pass("a") == .goOn)
            #expect(DispatchTime.now().uptimeNanoseconds - start >= 50_000_000)
        }
    }

    private func withPlan(_ text: String?, _ body: (FaultPlan, String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("plan").path
        try text?.write(toFile: path, atomically: false, encoding: .utf8)
        try body(FaultPlan(path: path, program: "Program"), path)
    }

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
}
