import BlockingTesting
import JSON
import LambdaRuntime
@testable import LambdaRuntimeFoundation
import Testing

/// Handlers whose events and replies are `Codable`.
@Suite(.blocking) struct CodableTests {
    private enum Color: String, Codable { case red, blue }

    private struct Order: Decodable {
        struct Item: Decodable { let quantity: Int }

        let customer: String
        let items: [Item]
        let isGift: Bool?
        let color: Color?
        let labels: [String: Double]?
    }

    private struct Receipt: Encodable {
        let quantity: Int
        let page: String
    }

    private let handler = TypedLambdaHandler { (order: Order, _) in
        Receipt(quantity: order.items.reduce(0) { $0 + $1.quantity }, page: "a/b")
    }

    @Test func `an event of the type is answered with the reply's JSON`() throws {
        let event = #"{"customer":"Ana","items":[{"quantity":2},{"quantity":3}],"more":[1]}"#
        let reply = try handler.handle(Array(event.utf8), SampleEvents.context)
        #expect(String(decoding: reply, as: UTF8.self) == #"{"page":"a/b","quantity":5}"#)
    }

    @Test func `a handler may await`() throws {
        let handler = TypedLambdaHandler { (numbers: [Int], _) in
            await Task.yield()
            return numbers.map { $0 * 2 }
        }
        let reply = try handler.handle(Array("[1,2]".utf8), SampleEvents.context)
        #expect(reply == Array("[2,4]".utf8))
    }

    @Test(arguments: [
        (#"{"items":[]}"#, "The event has no customer."),
        (#"{"customer":1,"items":[]}"#, "The event's customer is not a string."),
        (#"{"customer":null,"items":[]}"#, "The event's customer is not a string."),
        (#"{"customer":"a","items":{}}"#, "The event's items is not an array."),
        (#"{"customer":"a","items":[{"quantity":1},{}]}"#, "The event has no items[1].quantity."),
        (#"{"customer":"a","items":[{"quantity":"1"}]}"#, "The event's items[0].quantity is not an integer."),
        (#"{"customer":"a","items":[1]}"#, "The event's items[0] is not an object."),
        (#"{"customer":"a","items":[],"isGift":"yes"}"#, "The event's isGift is not a boolean."),
        (#"{"customer":"a","items":[],"labels":{"b":[]}}"#, "The event's labels.b is not a number."),
        ("[]", "The event's text is not an object."), ("7", "The event's text is not an object."),
    ])
    func `an event of another form is refused by the member that is wrong`(event: String, message: String) {
        let error = #expect(throws: LambdaEventError.self) {
            try handler.handle(Array(event.utf8), SampleEvents.context)
        }
        #expect(error?.description == message)
    }

    @Test func `a value that its type does not take is refused with the reason`() {
        let color = #expect(throws: LambdaEventError.self) {
            try handler.handle(
                Array(#"{"customer":"a","items":[],"color":"green"}"#.utf8), SampleEvents.context)
        }
        #expect(color?.description.hasPrefix("The event's color is not valid: ") == true)
        #expect(color?.description.contains("green") == true)
        let part = #expect(throws: LambdaEventError.self) {
            try handler.handle(
                Array(#"{"customer":"a","items":[{"quantity":1.5}]}"#.utf8), SampleEvents.context)
        }
        #expect(
            part?.description == "The event's text is not valid: A number in it is too large, or has a fraction where "
                + "an integer is expected.")
    }

    @Test(arguments: ["", "{", #"{"customer":"#, "nonsense"])
    func `what is not JSON is told with the place`(event: String) throws {
        let error = #expect(throws: LambdaEventError.self) {
            try handler.handle(Array(event.utf8), SampleEvents.context)
        }
        guard case .notJSON = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
