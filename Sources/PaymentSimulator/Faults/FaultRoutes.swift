import HTTPMessages
import IdempotentReplies
import JSON
import MySQL
import WebApplication

/// The operations that plan faults.
struct FaultRoutes {
    let service: FaultService

    var routes: [Route] {
        [
            Route("getFaults", .get, "/_simulator/faults", access: .apiToken, handler: getFaults),
            Route("planFaults", .post, "/_simulator/faults", access: .apiToken, handler: planFaults),
        ]
    }

    private func getFaults(_: Request, _ context: RequestContext) throws(Problem) -> Response {
        do throws(DatabaseError) { return .faults(try service.rules(context.call)) } catch { throw Problem(error) }
    }

    private func planFaults(_ request: Request, _ context: RequestContext) throws(Problem) -> Response {
        var reader = BodyReader(try request.jsonObject())
        let rules = try FaultRule.rules(&reader)
        do throws(DatabaseError) { try service.plan(rules, context.call) } catch { throw Problem(error) }
        return .faults(rules)
    }
}

extension Response {
    fileprivate static func faults(_ rules: [FaultRule]) -> Response {
        .json(.ok) { writer in writer.member("data", object: { $0.member("faults", rules) }) }
    }
}

extension FaultRule: JSONEncodable {
    func encode(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("operation", operation.rawValue)
            writer.member("fault", fault.rawValue)
            if fault == .delay { writer.member("delay_ms", delayMilliseconds) }
            switch frequency {
            case .count(let count): writer.member("count", count)
            case .percent(let percent, let seed):
                writer.member("percent", percent)
                writer.member("seed", seed)
            }
        }
    }

    /// - Throws: the 422 with all violations.
    fileprivate static func rules(_ reader: inout BodyReader) throws(Problem) -> [FaultRule] {
        let objects = reader.required("faults", .objects(count: 0...countMax)) ?? []
        var rules: [FaultRule] = []
        for (index, object) in objects.enumerated() {
            var inner = BodyReader(object, at: "/faults/\(index)")
            if let rule = FaultRule(&inner) { rules.append(rule) }
            reader.absorb(inner)
        }
        if let problem = reader.problem { throw problem }
        return rules
    }

    /// Nil where a violation was noted.
    private init?(_ reader: inout BodyReader) {
        let operation = reader.required("operation", .choice(of: Operation.allCases))
        let fault = reader.required("fault", .choice(of: Fault.Name.allCases))
        let delay = reader.optional("delay_ms", .integer(in: Fault.delayMilliseconds))
        let count = reader.optional("count", .integer(in: FaultRule.counts))
        let percent = reader.optional("percent", .integer(in: FaultRule.percents))
        let seed = reader.optional("seed", .integer(in: FaultRule.seeds))
        if fault == .delay, delay == nil, reader.violations.isEmpty {
            reader.reject("delay_ms", "required", "A delay needs its milliseconds.")
        }
        if reader.violations.isEmpty, (count == nil) == (percent == nil) {
            reader.reject("count", "required", "Either count or percent says how often.")
        }
        guard reader.violations.isEmpty, let operation, let fault else { return nil }
        let frequency = count.map { Frequency.count($0) } ?? .percent(percent ?? 1, seed: seed ?? 0)
        self.init(operation: operation, fault: fault, delayMilliseconds: Int(delay ?? 0), frequency: frequency)
    }
}
