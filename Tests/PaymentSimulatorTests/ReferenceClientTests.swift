import BlockingTesting
import PythonPrograms
import SystemTesting
import Testing

/// The library that Stripe gives to its users.
@Suite(.blocking) struct ReferenceClientTests {
    @Test func `Stripe's own library pays, captures, refunds and is refused at the simulator`() throws {
        let simulator = try Simulator()
        let program = try PythonProgram(
            "pay-with-stripe.py", arguments: ["http://127.0.0.1:\(simulator.client.port)", Simulator.key])
        for expected in [
            "requires_confirmation 17 True", "2580", "succeeded 2580", "succeeded 580 580", "580", "canceled",
            "IdempotencyError None None", "CardError card_declined generic_decline",
            "InvalidRequestError payment_intent_unexpected_state None", "InvalidRequestError resource_missing None",
            "AuthenticationError None None",
        ] {
            #expect(try program.readLine() == expected)
        }
        #expect(try simulator.ledger() == ["1×2580 1×2580 1×580 0×0", "0×0 0×0 0×0 1×0", "0×0 0×0 0×0 0×0"])
    }
}
