private import Glibc
import LambdaRuntime

// A function for tests of the runtime: what it does with an event stands in the event. LAMBDA_ECHO_MODE chooses the kind of
// handler, LAMBDA_ECHO_INIT=fail a handler that cannot be made.
switch getenv("LAMBDA_ECHO_MODE").map({ String(cString: $0) }) {
case "streaming": LambdaRuntime.run(StreamingEcho())
case "async": LambdaRuntime.run(AsyncEcho())
case "typed":
    TypedLambdaHandler(decode: { $0 }, encode: { $0 }) { (event: [UInt8], context) in
        try await AsyncEcho().handle(event, context)
    }.run()
case "raw": LambdaRuntime.run(RawEcho())
default: LambdaRuntime.run(try Echo(), onTermination: Echo.sayGoodbye)
}
