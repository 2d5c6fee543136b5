import Components
import Concurrency
import ConcurrencyTesting
import Telemetry

/// A component that does as it is told, and writes down what it is asked for.
struct Scripted: Component {
    enum Behavior {
        case orderly
        /// Cannot be started.
        case unstartable
        /// Says that it has not ended.
        case unfinished
        /// Does not come back from its end until `mayReturn`.
        case hanging
        /// Does not come back from its start until the group is to end.
        case waiting
    }

    let name: String
    let steps: Observed<[String]>
    var behavior = Behavior.orderly
    var mayReturn = Observed(false)

    func start(_ control: ComponentControl) throws(ComponentError) {
        note("start")
        switch behavior {
        case .unstartable: throw .failed("\(name) cannot be had.")
        case .waiting: _ = comesTrue { control.isStopRequested }
        case .orderly, .unfinished, .hanging: break
        }
    }

    func drain(by deadline: Deadline) { note("drain") }

    func stop(by deadline: Deadline) -> Bool {
        if case .hanging = behavior { mayReturn.wait { $0 } }
        note("stop")
        if case .unfinished = behavior { return false }
        return true
    }

    private func note(_ step: String) { steps.change { $0.append("\(name) \(step)") } }
}

/// Collects log lines.
final class Lines: Sendable {
    let all = Observed<[String]>([])

    func logger() -> Logger {
        Logger(
            service: "test",
            sink: LogSink { [all] line in all.change { $0.append(String(decoding: line, as: UTF8.self)) } })
    }

    func contains(_ text: String) -> Bool { all.value.contains { $0.contains(text) } }

    /// What the lines say, in order.
    var messages: [String] {
        all.value.compactMap { line in
            line.split(separator: "\"").drop { $0 != "message" }.dropFirst(2).first.map(String.init)
        }
    }
}
