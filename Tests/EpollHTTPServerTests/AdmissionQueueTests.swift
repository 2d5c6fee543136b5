import BlockingTesting
import HTTPMessages
import Testing

@testable import EpollHTTPServer

@Suite(.blocking) struct AdmissionQueueTests {
    private func taken(_ queue: AdmissionQueue<String>) -> [String] {
        var queue = queue
        var jobs: [String] = []
        while let job = queue.take() { jobs.append(job) }
        return jobs
    }

    private func add(
        _ jobs: [(String, RequestClass.Priority, String)], to queue: inout AdmissionQueue<String>
    ) -> [String] {
        jobs.map { job, priority, caller in
            switch queue.add(job, RequestClass(priority, caller: caller)) {
            case .queued: "queued"
            case .replaced(let other): "instead of \(other)"
            case .refused: "refused"
            }
        }
    }

    @Test func `the jobs of one caller and priority come in the order that they came`() {
        var queue = AdmissionQueue<String>(countMax: 8)
        _ = add([("1", .ordinary, "a"), ("2", .ordinary, "a"), ("3", .ordinary, "a")], to: &queue)
        #expect(taken(queue) == ["1", "2", "3"])
    }

    @Test func `what ends something comes before what is new, and lists come last`() {
        var queue = AdmissionQueue<String>(countMax: 8)
        _ = add(
            [("list", .deferrable, "a"), ("create", .ordinary, "a"), ("confirm", .completion, "a")], to: &queue)
        #expect(taken(queue) == ["confirm", "create", "list"])
    }

    @Test func `callers take turns, however much one of them asks`() {
        var queue = AdmissionQueue<String>(countMax: 8)
        _ = add(
            (1...4).map { ("a\($0)", .ordinary, "a") } + [("b1", .ordinary, "b"), ("b2", .ordinary, "b")], to: &queue)
        #expect(taken(queue) == ["a1", "b1", "a2", "b2", "a3", "a4"])
    }

    @Test func `a full queue gives up the newest of the caller who has most, until shares are equal`() {
        var queue = AdmissionQueue<String>(countMax: 4)
        _ = add((1...4).map { ("a\($0)", .ordinary, "a") }, to: &queue)
        let outcomes = add((1...3).map { ("b\($0)", .ordinary, "b") } + [("a5", .ordinary, "a")], to: &queue)
        #expect(outcomes == ["instead of a4", "instead of a3", "refused", "refused"])
        #expect(taken(queue) == ["a1", "b1", "a2", "b2"])
    }

    @Test func `a full queue gives up what is of a lower priority, whoever has it`() {
        var queue = AdmissionQueue<String>(countMax: 2)
        _ = add([("list", .deferrable, "a"), ("create", .ordinary, "a")], to: &queue)
        let outcomes = add(
            [
                ("confirm", .completion, "a"), ("cancel", .completion, "a"), ("more", .completion, "a"),
                ("x", .deferrable, "b"),
            ],
            to: &queue)
        #expect(outcomes == ["instead of list", "instead of create", "refused", "refused"])
        #expect(taken(queue) == ["confirm", "cancel"])
    }
}
