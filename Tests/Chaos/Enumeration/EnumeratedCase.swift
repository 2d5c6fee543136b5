import SystemTesting

/// The two ways that an orchestration can end for good.
enum Saga: String, CaseIterable, Sendable {
    /// The order is made and confirmed.
    case success
    /// The order was cancelled before it could be confirmed: the confirmation is refused, and what is left is undone.
    case compensation
}

/// One orchestration with the faults that it has to get through.
struct EnumeratedCase: Sendable {
    let saga: Saga
    /// Each is armed when the one before it has happened.
    let faults: [Fault]

    /// By which the case can be asked for again.
    var name: String { "\(saga.rawValue): " + faults.map(\.description).joined(separator: ", then ") }

    var hasStall: Bool { stallCount > 0 }

    var stallCount: Int {
        faults.count { if case .stall = $0.action { true } else { false } }
    }

    /// Whether something is wrong if a fault does not happen. A second one may not: the first can have left nothing to do
    /// that passes its point.
    var mustHappen: Bool { Set(faults.map(\.place)).count == 1 }

    /// Each place with each thing that can happen there: the process ends, it stalls past its caller's deadline, the reply is
    /// lost, and every reply to the caller's attempts is.
    static func singles(_ saga: Saga, _ places: [FaultPlace]) -> [EnumeratedCase] {
        places.flatMap { place -> [EnumeratedCase] in
            var cases: [[Fault]] = [
                [Fault(place, .exit)], [Fault(place, .stall(milliseconds: SagaRunner.stallMilliseconds))],
            ]
            if place.point == "http-server.before-reply" {
                let next = FaultPlace(place.service, place.point, pass: 1)
                let repetitions = Array(repeating: Fault(next, .loseReply), count: attemptsMax - 1)
                cases.append([Fault(place, .loseReply)])
                cases.append([Fault(place, .loseReply)] + repetitions)
            }
            return cases.map { EnumeratedCase(saga: saga, faults: $0) }
        }
    }

    /// The process killed at each place, and at each other or the same again while the call is repeated.
    static func pairs(_ saga: Saga, _ places: [FaultPlace]) -> [EnumeratedCase] {
        places.flatMap { first in
            places.map { EnumeratedCase(saga: saga, faults: [Fault(first, .exit), Fault($0, .exit)]) }
        }
    }

    /// 3: as often as `ResilientClient` asks before it gives up on a hop.
    private static let attemptsMax = 3
}
