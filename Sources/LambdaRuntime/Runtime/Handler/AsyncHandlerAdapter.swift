/// An asynchronous handler as one that blocks.
struct AsyncHandlerAdapter: LambdaHandler {
    let handler: any AsyncLambdaHandler

    func handle(_ event: [UInt8], _ context: LambdaContext) throws -> [UInt8] {
        try context.waitForTask { try await handler.handle(event, context) }
    }
}
