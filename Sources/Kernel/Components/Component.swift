package import Concurrency

/// A part of a process that is started, and ends when it is told to: a server, a worker.
package protocol Component: Sendable {
    /// For the log: `http-server`.
    var name: String { get }

    /// Has it run; returns when the components after it may be started.
    ///
    /// - Parameter control: says whether the group is ending already, so that a start which waits for something can give up.
    ///   To be kept by a component that may have to end the group by itself.
    func start(_ control: ComponentControl) throws(ComponentError)

    /// Takes on nothing new. `stop` comes next, on the same thread.
    func drain(by deadline: Deadline)

    /// Ends what is under way, in order until `deadline` and otherwise after it. Also called where `start` has failed.
    ///
    /// - Returns: whether it has ended; what still goes on then ends with the process.
    func stop(by deadline: Deadline) -> Bool
}

/// Why a component could not be started.
package enum ComponentError: Error, Equatable {
    case threadUnavailable
    /// A sentence for whoever started the process.
    case failed(String)

    package var message: String {
        switch self {
        case .threadUnavailable: "The system has no thread left for this service."
        case .failed(let message): message
        }
    }
}

/// A worker as a component.
package struct WorkerComponent: Component {
    /// 500 ms at least for a run to come to its end, where the deadline leaves less.
    private static let endMilliseconds = 500

    private let worker: Worker
    private let isReady: @Sendable () -> Bool

    /// - Parameter isReady: as in `Worker.start`.
    package init(_ worker: Worker, onlyIf isReady: @escaping @Sendable () -> Bool = { true }) {
        self.worker = worker
        self.isReady = isReady
    }

    package var name: String { worker.name }

    package func start(_ control: ComponentControl) throws(ComponentError) {
        guard worker.start(onlyIf: isReady) else { throw .threadUnavailable }
    }

    package func drain(by deadline: Deadline) { worker.requestStop() }

    package func stop(by deadline: Deadline) -> Bool {
        worker.requestStop()
        return worker.waitForEnd(by: max(deadline, .after(milliseconds: WorkerComponent.endMilliseconds)))
    }
}
