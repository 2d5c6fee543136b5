/// What goes wrong with a request because somebody asked for it.
enum Fault: Sendable, Equatable {
    /// It is done, and its answer never arrives: the connection is closed.
    case loseReply
    /// It is begun so many milliseconds later; meanwhile its key is under way.
    case delay(milliseconds: Int)
    /// It is answered 500 and nothing is done. The key keeps the 500.
    case failBeforeEffect
    /// It is done and answered 500. The key keeps the 500.
    case failAfterEffect
    /// It is answered 429 before anything else is looked at; the key keeps nothing.
    case tooManyRequests
    /// It is answered as if its key were under way; the key keeps nothing.
    case inProgress

    /// 9 s: the server answers 504 by itself after 10.
    static let delayMilliseconds: ClosedRange<Int64> = 1...9_000

    /// The names in requests and in the plan.
    enum Name: String, CaseIterable, Sendable {
        case loseReply = "lose-reply"
        case delay
        case failBeforeEffect = "500-before-effect"
        case failAfterEffect = "500-after-effect"
        case tooManyRequests = "429"
        case inProgress = "409-in-progress"
    }

    init(_ name: Name, delayMilliseconds: Int) {
        self =
            switch name {
            case .loseReply: .loseReply
            case .delay: .delay(milliseconds: delayMilliseconds)
            case .failBeforeEffect: .failBeforeEffect
            case .failAfterEffect: .failAfterEffect
            case .tooManyRequests: .tooManyRequests
            case .inProgress: .inProgress
            }
    }

    /// Reads the value of `Simulator-Fault`: a name, and for a delay `delay:<milliseconds>`. Nil for anything else.
    init?(header value: String) {
        let parts = value.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let name = Name(rawValue: parts[0]) else { return nil }
        guard name == .delay else {
            guard parts.count == 1 else { return nil }
            self.init(name, delayMilliseconds: 0)
            return
        }
        guard parts.count == 2, let number = Int64(parts[1]), Fault.delayMilliseconds.contains(number) else {
            return nil
        }
        self = .delay(milliseconds: Int(number))
    }
}

/// A fault that is planned for requests to come.
struct FaultRule: Sendable, Equatable {
    enum Operation: String, CaseIterable, Sendable {
        case any, create, confirm, capture, cancel, refund, find
    }

    /// How often it happens.
    enum Frequency: Sendable, Equatable {
        /// To the next so many requests.
        case count(Int64)
        /// To so many requests of a hundred, chosen by a seed and by how many were looked at since the process started.
        case percent(Int64, seed: Int64)
    }

    static let counts: ClosedRange<Int64> = 1...1_000_000
    static let percents: ClosedRange<Int64> = 1...100
    static let seeds: ClosedRange<Int64> = 0...9_007_199_254_740_991
    /// 100: each is read with each request.
    static let countMax = 100

    let operation: Operation
    let fault: Fault.Name
    let delayMilliseconds: Int
    let frequency: Frequency
}
