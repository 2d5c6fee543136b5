import SeededRandom
import SystemTesting

/// The ways that an orchestration can go.
enum Saga: String, CaseIterable, Sendable {
    /// The order is made and confirmed.
    case success
    /// The order was made, and then its customer deactivated: a repetition asks for the known key, and confirms.
    case resumption
    /// The order was canceled before it could be confirmed: the confirmation is refused, and what is left is undone.
    case compensation
}

/// One orchestration with the faults that it has to get through.
struct EnumeratedCase: Sendable {
    let saga: Saga
    /// Each is armed when the one before it has happened.
    let faults: [Fault]
    /// Whether something is wrong if a fault does not happen. A pair's second may not: the first can have left nothing to do
    /// that passes its point.
    let mustHappen: Bool

    /// By which the case can be asked for again.
    var name: String { "\(saga.rawValue): " + faults.map(\.description).joined(separator: ", then ") }

    var hasStall: Bool { stallCount(ofFirst: faults.count) > 0 }

    /// How many of the first `count` faults are stalls.
    func stallCount(ofFirst count: Int) -> Int {
        faults.prefix(count).count { if case .stall = $0.action { true } else { false } }
    }

    /// Each place with each thing that can happen there: the process ends, it stalls past its caller's deadline, the reply is
    /// lost, and every reply to the caller's attempts is.
    static func singles(_ saga: Saga, _ places: [FaultPlace]) -> [EnumeratedCase] {
        places.flatMap { place -> [EnumeratedCase] in
            var cases: [[Fault]] = [
                [Fault(place, .exit)], [Fault(place, stall)],
            ]
            if place.canLoseReply {
                let next = FaultPlace(place.service, place.point, pass: 1)
                let repetitions = Array(repeating: Fault(next, .loseReply), count: attemptsMax - 1)
                cases.append([Fault(place, .loseReply)])
                cases.append([Fault(place, .loseReply)] + repetitions)
            }
            return cases.map { EnumeratedCase(saga: saga, faults: $0, mustHappen: true) }
        }
    }

    /// The process killed at each place, and at each other or the same again while the call is repeated.
    static func pairs(_ saga: Saga, _ places: [FaultPlace]) -> [EnumeratedCase] {
        places.flatMap { first in
            places.map {
                EnumeratedCase(saga: saga, faults: [Fault(first, .exit), Fault($0, .exit)], mustHappen: false)
            }
        }
    }

    /// For each ordered pair of places two other faults, drawn by chance: first a stall or a lost reply, which leave somebody
    /// behind who may still act, and then any.
    static func mixedPairs(
        _ saga: Saga, _ places: [FaultPlace], using random: inout SeededRandom
    ) -> [EnumeratedCase] {
        var cases: [EnumeratedCase] = []
        for first in places {
            for second in places {
                let loses = first.canLoseReply && Bool.random(using: &random)
                let actions = [.exit, stall] + (second.canLoseReply ? [Fault.Action.loseReply] : [])
                let action = actions[Int.random(in: actions.indices, using: &random)]
                cases.append(
                    EnumeratedCase(
                        saga: saga, faults: [Fault(first, loses ? .loseReply : stall), Fault(second, action)],
                        mustHappen: false))
            }
        }
        return cases
    }

    private static let stall = Fault.Action.stall(milliseconds: SagaRunner.stallMilliseconds)
    /// 3: as often as `ResilientClient` asks before it gives up on a hop.
    private static let attemptsMax = 3
}

extension FaultPlace {
    fileprivate var canLoseReply: Bool { point == "http-server.before-reply" }
}
