extension LambdaHandler {
    /// Handles events until Lambda ends the process: the last line of a function's program. As `LambdaRuntime.run`.
    public func run() -> Never { LambdaRuntime.run(self) }
}
