// What an ordinary function names or calls: requests and responses, JSON, and what `LambdaContext.deadline` has. `Telemetry` is
// not among them: its `Logger` would stand beside swift-log's, and a function calls the context's without naming it.
@_exported public import Concurrency
@_exported public import HTTPMessages
@_exported public import JSON
