/// What an invocation came to, as Lambda's Invoke API tells it.
package enum LambdaInvocation: Sendable {
    /// What the handler returned.
    case reply([UInt8])
    /// What the handler threw, in the form that the invoker sees.
    case functionError([UInt8])

    /// Invokes a handler as Lambda would, without a runtime API between.
    package init(of handler: some LambdaHandler, _ event: [UInt8], _ context: LambdaContext) {
        do {
            self = .reply(try handler.handle(event, context))
        } catch {
            self = .functionError(LambdaFailure(error).json)
        }
    }
}
