package import Resilience

extension LambdaContext {
    /// The context of an invocation that did not come from Lambda.
    package init(requestID: String, deadline: Deadline) {
        self.requestID = requestID
        self.deadline = deadline
        invokedFunctionARN = nil
        traceID = nil
        clientContext = nil
        cognitoIdentity = nil
        tenantID = nil
        invocationID = nil
    }
}
