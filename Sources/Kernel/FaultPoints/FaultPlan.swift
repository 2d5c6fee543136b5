#if FAULT_POINTS
    private import Glibc

    /// The faults that a test has planned for several processes, in a file that they share.
    ///
    /// Each line is one fault, and the first one is armed. A fault that has happened is taken out, so that the next is armed:
    ///
    ///     OrdersAPI orders.create.after-commit 1 exit
    ///     Orchestrator http-server.before-reply 2 lose
    ///
    /// are the program, the point, at which of its passes from now on, and what happens there: `exit` as `kill -9` would,
    /// `stall:<milliseconds>`, or `lose`, the reply. The name of each point that is passed is appended to the file's
    /// neighbour, `<path>.passes`, as `<program> <point>`; the end of a stall as `<program> resumed`.
    struct FaultPlan: Sendable {
        enum Outcome: Sendable {
            case goOn, loseReply
        }

        /// The plan that `FAULT_PLAN` names by its path; nil where it is not set.
        static let ofThisProcess: FaultPlan? = getenv("FAULT_PLAN").map {
            FaultPlan(path: String(cString: $0), program: programName)
        }

        private let path: String
        private let program: String

        /// - Parameters:
        ///   - path: of a file; as long as there is none, nothing is planned and nothing recorded.
        ///   - program: by which the plan calls this process.
        init(path: String, program: String) {
            self.path = path
            self.program = program
        }

        /// Records the pass, and does what is planned for it. May not return.
        func pass(_ point: String) -> Outcome {
            switch takeFault(at: point) {
            case nil: return .goOn
            case .exit:
                kill(getpid(), SIGKILL)
                // The signal is on its way; nothing more must happen here.
                while true { pause() }
            case .stall(let milliseconds):
                usleep(UInt32(milliseconds) * 1000)
                record("resumed")
                return .goOn
            case .loseReply: return .loseReply
            }
        }

        /// What is to happen now. The lock makes one order of the passes of all threads and processes.
        private func takeFault(at point: String) -> PlannedFault.Action? {
            let file = open(path, O_RDWR | O_CLOEXEC)
            guard file >= 0 else { return nil }
            defer { close(file) }
            flock(file, LOCK_EX)
            record(point)
            var lines = FaultPlan.text(of: file).split(separator: "\n")
            guard let line = lines.first else { return nil }
            // A plan that cannot be carried out would make a test pass that shows nothing.
            guard var fault = PlannedFault(line) else { fatalError("\(path): this is no fault: \(line)") }
            guard fault.program == program, fault.point == point else { return nil }
            fault.passes -= 1
            if fault.passes > 0 { lines[0] = Substring(fault.line) } else { lines.removeFirst() }
            let rest = lines.map { $0 + "\n" }.joined()
            ftruncate(file, 0)
            pwrite(file, rest, rest.utf8.count, 0)
            return fault.passes > 0 ? nil : fault.action
        }

        private func record(_ point: String) {
            let file = open(path + ".passes", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            guard file >= 0 else { fatalError("\(path).passes cannot be written.") }
            let line = "\(program) \(point)\n"
            write(file, line, line.utf8.count)
            close(file)
        }

        private static func text(of file: Int32) -> String {
            // 64 KiB: a thousand faults.
            var bytes = [UInt8](repeating: 0, count: 64 * 1024)
            let count = pread(file, &bytes, bytes.count, 0)
            return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
        }

        private static var programName: String {
            CommandLine.arguments.first.flatMap { $0.split(separator: "/").last }.map(String.init) ?? ""
        }
    }

    /// One line of a plan.
    private struct PlannedFault {
        enum Action {
            case exit
            case stall(milliseconds: Int)
            case loseReply
        }

        /// A minute: a longer stall is a mistake of the plan.
        private static let stallMilliseconds = 0...60_000

        let program: Substring
        let point: Substring
        var passes: Int
        let action: Action
        private let actionText: Substring

        init?(_ line: Substring) {
            let words = line.split(separator: " ")
            guard words.count == 4, let passes = Int(words[2]), passes > 0 else { return nil }
            program = words[0]
            point = words[1]
            self.passes = passes
            actionText = words[3]
            switch words[3] {
            case "exit": action = .exit
            case "lose": action = .loseReply
            default:
                guard words[3].hasPrefix("stall:"), let milliseconds = Int(words[3].dropFirst(6)),
                    PlannedFault.stallMilliseconds.contains(milliseconds)
                else { return nil }
                action = .stall(milliseconds: milliseconds)
            }
        }

        var line: String { "\(program) \(point) \(passes) \(actionText)" }
    }
#endif
