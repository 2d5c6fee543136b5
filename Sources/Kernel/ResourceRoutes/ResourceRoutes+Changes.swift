internal import HTTPMessages
package import Idempotency
internal import IdempotentReplies
private import JSON
package import Telemetry
package import WebApplication

// Routes that change something. A key that has its reply decides before anything else: before the mistakes of the body, the
// precondition and the state of the world.
extension ResourceRoutes {
    /// Creates a resource, and answers 201 with where it is found.
    ///
    /// - Parameters:
    ///   - location: the path of a resource, less its id.
    ///   - keyOperationID: the operation whose keys count, where two operations create the same: a key that has its reply from
    ///     either decides alike. Nil for the operation's own.
    package func create<New: BodyDecodable, Value: Resource, Failure: ProblemConvertible>(
        _ operationID: String, _ path: String, at location: String, access: AccessRule = .apiToken,
        keysOf keyOperationID: String? = nil, needsKey: Bool = false,
        _ create:
            @escaping @Sendable (
                _ new: New, _ keeping: ReplyKeeping<Value>, _ call: CallContext
            ) throws(Failure) -> Kept<Value>
    ) -> Route {
        Route(operationID, .post, path, access: access) { (request, context) throws(Problem) in
            let body = ReadBody(try request.jsonObject(), New.init(_:))
            let claim = try request.claim(
                keyOperationID ?? operationID, context, payload: body.payload, needsKey: needsKey)
            let keeping = ReplyKeeping<Value>(claim) {
                StoredReply(status: 201, location: "\(location)/\($0.id)", data: $0)
            }
            return try replies.reply(to: request, claim, context) { () throws(Problem) in
                let new = try body.value.get()
                let kept = try Problem.mapping { () throws(Failure) in try create(new, keeping, context.call) }
                return FirstReply(kept.reply, entityTag: kept.value.entityTag)
            }
        }
    }

    /// Changes a resource as a merge patch says, under `If-Match`.
    package func change<Changes: BodyDecodable, Value: Resource, Failure: ResourceError>(
        _ operationID: String, _ path: String,
        _ change:
            @escaping @Sendable (
                _ id: Int64, _ changes: Changes, _ expected: ExpectedVersion, _ keeping: ReplyKeeping<Value>,
                _ call: CallContext
            ) throws(Failure) -> Kept<Value>
    ) -> Route {
        Route(operationID, .patch, path, access: .apiToken) { (request, context) throws(Problem) in
            let body = ReadBody(try request.jsonObject(), Changes.init(_:))
            return try self.change(request, context, operationID, body.value, payload: body.payload, change)
        }
    }

    /// Changes a resource in one way, whatever the body: so it is idempotent by nature.
    package func change<Changes: Sendable, Value: Resource, Failure: ResourceError>(
        _ operationID: String, _ path: String, to changes: Changes,
        _ change:
            @escaping @Sendable (
                _ id: Int64, _ changes: Changes, _ expected: ExpectedVersion, _ keeping: ReplyKeeping<Value>,
                _ call: CallContext
            ) throws(Failure) -> Kept<Value>
    ) -> Route {
        Route(operationID, .patch, path, access: .apiToken) { (request, context) throws(Problem) in
            try self.change(request, context, operationID, .success(changes), payload: nil, change)
        }
    }

    /// Does something to a resource that takes no body, such as confirming an order.
    package func act<Value: Resource, Failure: ResourceError>(
        _ operationID: String, _ path: String, needsKey: Bool = false,
        _ act:
            @escaping @Sendable (
                _ id: Int64, _ keeping: ReplyKeeping<Value>, _ call: CallContext
            ) throws(Failure) -> Kept<Value>
    ) -> Route {
        Route(operationID, .post, path, access: .apiToken) { (request, context) throws(Problem) in
            let claim = try request.claim(operationID, context, of: Failure.self, needsKey: needsKey)
            let keeping = ReplyKeeping<Value>(claim) { StoredReply(status: 200, data: $0) }
            let id = try context.id(or: Failure.notFound)
            return try replies.reply(to: request, claim, context) { () throws(Problem) in
                let kept = try Problem.mapping { () throws(Failure) in try act(id, keeping, context.call) }
                return FirstReply(kept.reply)
            }
        }
    }

    /// Does something to a resource that a body tells more of. A key is needed: nothing else would tell two from one.
    package func act<Input: BodyDecodable, Value: Resource, Failure: ResourceError>(
        _ operationID: String, _ path: String,
        _ act:
            @escaping @Sendable (
                _ id: Int64, _ input: Input, _ keeping: ReplyKeeping<Value>, _ call: CallContext
            ) throws(Failure) -> Kept<Value>
    ) -> Route {
        Route(operationID, .post, path, access: .apiToken) { (request, context) throws(Problem) in
            let body = ReadBody(try request.jsonObject(), Input.init(_:))
            let claim = try request.claim(
                operationID, context, of: Failure.self, payload: body.payload, needsKey: true)
            let keeping = ReplyKeeping<Value>(claim) { StoredReply(status: 200, data: $0) }
            let id = try context.id(or: Failure.notFound)
            return try replies.reply(to: request, claim, context) { () throws(Problem) in
                let input = try body.value.get()
                let kept = try Problem.mapping { () throws(Failure) in try act(id, input, keeping, context.call) }
                return FirstReply(kept.reply)
            }
        }
    }

    private func change<Changes, Value: Resource, Failure: ResourceError>(
        _ request: Request, _ context: RequestContext, _ operationID: String, _ changes: Result<Changes, Problem>,
        payload: JSONObject?,
        _ change: (
            _ id: Int64, _ changes: Changes, _ expected: ExpectedVersion, _ keeping: ReplyKeeping<Value>,
            _ call: CallContext
        ) throws(Failure) -> Kept<Value>
    ) throws(Problem) -> Response {
        let claim = try request.claim(operationID, context, of: Failure.self, payload: payload)
        let keeping = ReplyKeeping<Value>(claim) { StoredReply(status: 200, data: $0) }
        let id = try context.id(or: Failure.notFound)
        return try replies.reply(to: request, claim, context) { () throws(Problem) in
            let changes = try changes.get()
            let expected = try request.expectedVersion()
            let kept = try Problem.mapping { () throws(Failure) in
                try change(id, changes, expected, keeping, context.call)
            }
            return FirstReply(kept.reply, entityTag: kept.value.entityTag)
        }
    }
}

extension Request {
    /// The request's claim to its key, for an operation on no resource in particular; nil where it has no key.
    fileprivate func claim(
        _ operationID: String, _ context: RequestContext, payload: JSONObject, needsKey: Bool
    ) throws(Problem) -> IdempotencyClaim? {
        let key = needsKey ? try requiredIdempotencyKey() : try idempotencyKey()
        return key.map {
            IdempotencyClaim(key: $0.text, caller: context.call.caller, operation: operationID, payload: payload)
        }
    }

    /// The request's claim to its key, for an operation on the resource that its path names; nil where it has no key.
    ///
    /// - Throws: `notFound` of `Failure` as well, where the path names nothing that could exist.
    fileprivate func claim<Failure: ResourceError>(
        _ operationID: String, _ context: RequestContext, of _: Failure.Type, payload: JSONObject? = nil,
        needsKey: Bool = false
    ) throws(Problem) -> IdempotencyClaim? {
        let key = needsKey ? try requiredIdempotencyKey() : try idempotencyKey()
        let id = try context.id(or: Failure.notFound)
        return key.map {
            IdempotencyClaim(
                key: $0.text, caller: context.call.caller, operation: operationID, resourceID: id, payload: payload)
        }
    }

    /// The versions that `If-Match` names; any where there is none. The comparison is strong, so a weak tag matches nothing,
    /// and neither does one that no version of ours has.
    fileprivate func expectedVersion() throws(Problem) -> ExpectedVersion {
        guard case .tags(let tags) = try ifMatch() else { return .any }
        return .oneOf(Set(tags.compactMap(\.version)))
    }
}
