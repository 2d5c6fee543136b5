import HTTPMessages
import JSON
import SeededRandom
import SystemTesting

/// What the payment simulator is told to do to requests while there is a storm.
enum GatewayFaults {
    /// By fault, of a hundred requests. The first that is drawn happens, so that the later ones are a little rarer.
    private static let percents: [(fault: String, percent: Int)] = [
        ("lose-reply", 4), ("500-after-effect", 4), ("500-before-effect", 4), ("429", 3), ("409-in-progress", 3),
    ]
    private static let delayPercent = 3
    /// Some longer than the service waits for an answer.
    private static let delayMilliseconds = [300, 2500]

    static func plan(in system: RunningSystem, _ seed: SeededRandom) throws {
        var random = seed.stream(.gateway)
        func rule(_ fault: String, _ percent: Int, _ more: String = "") -> String {
            let seed = Int.random(in: 0..<1_000_000, using: &random)
            return #"{"operation":"any","fault":"\#(fault)","percent":\#(percent),"seed":\#(seed)\#(more)}"#
        }
        let rules =
            percents.map { rule($0.fault, $0.percent) }
            + delayMilliseconds.map { rule("delay", delayPercent, #","delay_ms":\#($0)"#) }
        try send(rules, in: system)
    }

    static func end(in system: RunningSystem) throws { try send([], in: system) }

    private static func send(_ rules: [String], in system: RunningSystem) throws {
        let reply = try system.paymentSimulator.send(
            .post, "/_simulator/faults", #"{"faults":[\#(rules.joined(separator: ","))]}"#)
        guard reply.status == 200 else {
            throw ServiceProcess.Failure(description: "The simulator takes no faults: \(reply.status) \(reply.json)")
        }
    }
}
