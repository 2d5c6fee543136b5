import Foundation

/// A point on an order's way, and which of a saga's passes of it: points lie on loops and repetitions.
package struct FaultPlace: Sendable, Hashable, CustomStringConvertible {
    package let service: RunningSystem.Service
    package let point: String
    /// Counted from 1.
    package let pass: Int

    package init(_ service: RunningSystem.Service, _ point: String, pass: Int) {
        self.service = service
        self.point = point
        self.pass = pass
    }

    package var description: String { "\(service.rawValue)/\(point)#\(pass)" }
}

/// What is to happen at a place.
package struct Fault: Sendable, Hashable, CustomStringConvertible {
    package enum Action: Sendable, Hashable {
        /// The process ends as by `kill -9`.
        case exit
        case stall(milliseconds: Int)
        /// The connection is closed where the reply should be written.
        case loseReply
    }

    package let place: FaultPlace
    package let action: Action

    package init(_ place: FaultPlace, _ action: Action) {
        self.place = place
        self.action = action
    }

    /// The word for the action in a plan.
    package var actionText: String {
        switch action {
        case .exit: "exit"
        case .stall(let milliseconds): "stall:\(milliseconds)"
        case .loseReply: "lose"
        }
    }

    package var description: String { "\(place)=\(actionText)" }
}

/// The file by which the services of one system are told their faults (`FAULT_PLAN`), and tell the points they pass.
package final class FaultPlanFile: Sendable {
    /// The end of a line that is no pass, but tells that a stall is over.
    private static let resumption = " resumed"

    private let folder: URL
    private let plan: URL
    private let record: URL

    package init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("faults-\(UUID().uuidString)")
        plan = folder.appendingPathComponent("plan")
        record = folder.appendingPathComponent("plan.passes")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try arm([])
    }

    /// What a service has to be told to take part.
    package var settings: [String: String] { ["FAULT_PLAN": plan.path] }

    /// Replaces the plan, and forgets the passes. The faults happen in their order: each is armed, and its passes begin to
    /// count, when the one before it has happened.
    package func arm(_ faults: [Fault]) throws {
        let lines = faults.map { "\($0.place.service.rawValue) \($0.place.point) \($0.place.pass) \($0.actionText)\n" }
        try whileLocked {
            try Data().write(to: record)
            // In place: whoever waits for the lock has this very file open.
            let file = try FileHandle(forWritingTo: plan)
            try file.truncate(atOffset: 0)
            try file.write(contentsOf: Data(lines.joined().utf8))
            try file.close()
        }
    }

    /// How many faults have not happened yet.
    package func pendingCount() throws -> Int { try whileLocked { try lines(plan).count } }

    /// The places that were passed since the plan was armed, in their order.
    package func passes() throws -> [FaultPlace] {
        var counts: [Substring: Int] = [:]
        return try whileLocked { try lines(record) }.filter { !$0.hasSuffix(FaultPlanFile.resumption) }.map { line in
            let words = line.split(separator: " ")
            guard words.count == 2, let service = RunningSystem.Service(rawValue: String(words[0])) else {
                throw ServiceProcess.Failure(description: "This is no pass of a fault point: \(line)")
            }
            counts[line, default: 0] += 1
            return FaultPlace(service, String(words[1]), pass: counts[line, default: 0])
        }
    }

    /// How many stalls are over.
    package func resumedCount() throws -> Int {
        try whileLocked { try lines(record) }.count { $0.hasSuffix(FaultPlanFile.resumption) }
    }

    package func remove() throws { try FileManager.default.removeItem(at: folder) }

    private func lines(_ file: URL) throws -> [Substring] {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    }

    /// The services take the same lock for each pass.
    private func whileLocked<Value>(_ body: () throws -> Value) throws -> Value {
        let descriptor = open(plan.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw ServiceProcess.Failure(description: "\(plan.path) cannot be written.") }
        defer { close(descriptor) }
        flock(descriptor, LOCK_EX)
        return try body()
    }
}
