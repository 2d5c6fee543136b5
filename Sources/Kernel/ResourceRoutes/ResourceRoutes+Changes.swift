package import HTTPMessages
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
            let key = needsKey ? try request.requiredIdempotencyKey() : try request.idempotencyKey()
            let claim = key.map {
                IdempotencyClaim(
                    key: $0.text, caller: context.call.caller, operation: keyOperationID ?? operationID,
                    payload: body.payload)
            }
            let keeping = ReplyKeeping<Value>(claim) {
                StoredReply(status: 201, location: "\(location)/\($0.id)", data: $0)
            }
            let response = try replies.reply(to: request, claim, context) { () throws(Problem) in
                let new = try body.value.get()
                let kept = try Problem.mapping { () throws(Failure) in try create(new, keeping, context.call) }
                return FirstReply(kept.reply, entityTag: kept.value.entityTag)
            }
            if let id = response.locatedID { context.call.note(Value.idName, id) }
            return response
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
            return try perform(request, context, operationID, payload: body.payload, tellsVersion: true) {
                () throws(Problem) in
                (changes: try body.value.get(), expected: try request.expectedVersion())
            } _: { (id, input, keeping) throws(Failure) in
                try change(id, input.changes, input.expected, keeping, context.call)
            }
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
            try perform(request, context, operationID, tellsVersion: true) { () throws(Problem) in
                try request.expectedVersion()
            } _: { (id, expected, keeping) throws(Failure) in
                try change(id, changes, expected, keeping, context.call)
            }
        }
    }

    /// Does something to a resource that takes no body, such as confirming an order.
    package func act<Value: Resource, Failure: ResourceError>(
        _ operationID: String, _ path: String, access: AccessRule = .apiToken, needsKey: Bool = false,
        priority: RequestClass.Priority = .ordinary,
        _ act:
            @escaping @Sendable (
                _ id: Int64, _ keeping: ReplyKeeping<Value>, _ call: CallContext
            ) throws(Failure) -> Kept<Value>
    ) -> Route {
        Route(operationID, .post, path, access: access, priority: priority) { (request, context) throws(Problem) in
            try perform(request, context, operationID, needsKey: needsKey) { () throws(Problem) in
            } _: { (id, _, keeping) throws(Failure) in
                try act(id, keeping, context.call)
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
            return try perform(request, context, operationID, payload: body.payload, needsKey: true) {
                () throws(Problem) in
                try body.value.get()
            } _: { (id, input, keeping) throws(Failure) in
                try act(id, input, keeping, context.call)
            }
        }
    }

    /// Does something to the resource that the path names.
    ///
    /// - Parameters:
    ///   - tellsVersion: whether the first answer has the version that came of it.
    ///   - read: what is to be done, as the request says; its mistakes count only where the key has no reply.
    private func perform<Input, Value: Resource, Failure: ResourceError>(
        _ request: Request, _ context: RequestContext, _ operationID: String, payload: JSONObject? = nil,
        needsKey: Bool = false, tellsVersion: Bool = false, reading read: () throws(Problem) -> Input,
        _ act: (_ id: Int64, _ input: Input, _ keeping: ReplyKeeping<Value>) throws(Failure) -> Kept<Value>
    ) throws(Problem) -> Response {
        let key = needsKey ? try request.requiredIdempotencyKey() : try request.idempotencyKey()
        let id = try context.id(or: Failure.notFound)
        context.call.note(Value.idName, id)
        let claim = key.map {
            IdempotencyClaim(
                key: $0.text, caller: context.call.caller, operation: operationID, resourceID: id, payload: payload)
        }
        let keeping = ReplyKeeping<Value>(claim) { StoredReply(status: 200, data: $0) }
        return try replies.reply(to: request, claim, context) { () throws(Problem) in
            let input = try read()
            let kept = try Problem.mapping { () throws(Failure) in try act(id, input, keeping) }
            return FirstReply(kept.reply, entityTag: tellsVersion ? kept.value.entityTag : nil)
        }
    }
}

extension Request {
    /// The versions that `If-Match` names; any where there is none. The comparison is strong, so a weak tag matches nothing,
    /// and neither does one that no version of ours has.
    fileprivate func expectedVersion() throws(Problem) -> ExpectedVersion {
        guard case .tags(let tags) = try ifMatch() else { return .any }
        return .oneOf(Set(tags.compactMap(\.version)))
    }
}
