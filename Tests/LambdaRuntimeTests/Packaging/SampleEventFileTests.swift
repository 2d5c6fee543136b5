import BlockingTesting
import Foundation
import HTTPMessages
@testable import LambdaRuntime
import Testing

/// The events of `scripts/invoke --sample`.
@Suite(.blocking) struct SampleEventFileTests {
    @Test func `each is of the kind that it is named for`() throws {
        let kinds: [String: LambdaEvent.Kind] = [
            "alb": .loadBalancer, "http-v1": .restAPI, "http-v2": .httpAPI, "plain": .direct, "schedule": .eventBridge,
            "sqs": .queue,
        ]
        let folder = UserPackage.repository.appendingPathComponent("serverless/events")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(Set(files) == Set(kinds.keys.map { "\($0).json" }))
        for (name, kind) in kinds {
            let event = try Array(Data(contentsOf: folder.appendingPathComponent("\(name).json")))
            #expect(try LambdaEvent.Kind(EventReader(event)) == kind)
            if case .http(let event) = try LambdaEvent(event) {
                #expect(event.requestWithoutStage.target == "/hello?name=Ana", "\(name)")
            }
            if case .eventBridge(let event) = try LambdaEvent(event) { #expect(event.isScheduled) }
        }
    }
}
