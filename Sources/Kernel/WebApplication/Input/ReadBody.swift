package import JSON

/// A body as an operation understands it, valid or not.
///
/// It is read before an idempotency key is looked up, since what tells two requests under one key apart is what the
/// operation reads. A mistake in it counts only where the key has no reply.
package struct ReadBody<Value> {
    /// What the body asks for, or the 422 with all violations.
    package let value: Result<Value, Problem>
    /// The members that the operation has asked for, a null left out where it means the same as an absent member.
    package let payload: JSONObject

    package init(_ body: JSONObject, _ read: (inout BodyReader) throws(Problem) -> Value) {
        var reader = BodyReader(body)
        value = Result { () throws(Problem) in try read(&reader) }
        payload = reader.readMembers
    }
}
