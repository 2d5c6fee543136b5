import ContractReading
import JSON
import RepositoryFiles
import Testing

@testable import OrdersAPI

/// `openapi/events.yaml`, as far as one part of it must say the same as another. scripts/test holds it against AsyncAPI, and its
/// examples against their schemas.
@Suite struct EventContractTests {
    private let document: JSONValue
    private let messages: [(name: String, value: JSONValue)]

    init() throws {
        document = try YAMLReader.read(try RepositoryFile("openapi/events.yaml").text())
        messages = document["components"]?["messages"]?.object?.members ?? []
        #expect(messages.count == 6)
    }

    @Test func `the types are the routing keys, each once`() throws {
        let channel = try #require(document["channels"]?["orderEvents"])
        let keys = (channel["parameters"]?["type"]?["enum"]?.array ?? []).compactMap(\.string)
        #expect(messages.compactMap { $0.value["name"]?.string } == keys)
        #expect(Set(keys) == Set(OrderEvent.Kind.allCases.map(\.rawValue)) && keys.count == messages.count)
        #expect(channel["bindings"]?["amqp"]?["exchange"]?["name"]?.string == EventPublisher.exchange)
        #expect(document["defaultContentType"]?.string == "application/cloudevents+json")
        #expect(messages.allSatisfy { $0.value["contentType"]?.string == "application/cloudevents+json" })
    }

    @Test func `every message is in the channel and in the operation`() throws {
        let channel = try #require(document["channels"]?["orderEvents"]?["messages"]?.object)
        #expect(channel.members.map(\.name) == messages.map(\.name))
        let operation = try #require(document["operations"]?["publishOrderEvents"]?["messages"]?.array)
        #expect(
            operation.map { $0["$ref"]?.string } == messages.map { "#/channels/orderEvents/messages/\($0.name)" })
    }

    @Test func `an example is of its message's type, and its envelope agrees with its data`() throws {
        for (name, message) in messages {
            let type = try #require(message["name"]?.string)
            for example in message["examples"]?.array ?? [] {
                let event = try #require(example["payload"])
                let data = try #require(event["data"])
                #expect(event["type"]?.string == type, "\(name)")
                #expect(message["bindings"]?["amqp"]?["messageType"]?.string == type, "\(name)")
                #expect(event["dataschema"]?.string == "urn:orchestrator:\(type)-1", "\(name)")
                let order = try #require(data["order_id"]?.integer)
                #expect(event["subject"]?.string == "orders/\(order)", "\(name)")
                #expect(event["partitionkey"]?.string == "\(order)", "\(name)")
                let version = try #require(data["version"]?.integer)
                #expect(event["sequence"]?.string == "\(version)", "\(name)")
                let subtotals = (data["items"]?.array ?? []).compactMap { $0["subtotal_cents"]?.integer }
                #expect(data["total_cents"]?.integer == subtotals.reduce(0, +), "\(name)")
            }
        }
    }
}
