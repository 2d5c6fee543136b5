internal import HTTPMessages

/// Jobs that wait for a worker: by priority, and within one by turns among its callers, each in the order that its jobs came.
///
/// When it is full, a job is given up for one that comes before it: one of a lower priority, or of the caller who has most of the
/// same. So neither lists nor one caller's flood keep out what others ask for.
struct AdmissionQueue<Job> {
    enum Admission {
        case queued
        /// Queued in place of another, which is to be refused.
        case replaced(Job)
        case refused
    }

    private struct Share {
        let caller: Int
        var jobs: [Job]
    }

    /// Of each priority the callers, whose turn it is first.
    private var lanes: [[Share]] = RequestClass.Priority.allCases.map { _ in [] }
    var countMax: Int
    private(set) var count = 0

    init(countMax: Int) { self.countMax = countMax }

    mutating func add(_ job: Job, _ requestClass: RequestClass) -> Admission {
        guard count >= countMax else {
            insert(job, requestClass)
            return .queued
        }
        guard let victim = giveUp(for: requestClass) else { return .refused }
        insert(job, requestClass)
        return .replaced(victim)
    }

    /// The job whose turn it is.
    mutating func take() -> Job? {
        guard let lane = lanes.firstIndex(where: { !$0.isEmpty }) else { return nil }
        var share = lanes[lane].removeFirst()
        let job = share.jobs.removeFirst()
        if !share.jobs.isEmpty { lanes[lane].append(share) }
        count -= 1
        return job
    }

    private mutating func insert(_ job: Job, _ requestClass: RequestClass) {
        let lane = requestClass.priority.rawValue
        if let index = lanes[lane].firstIndex(where: { $0.caller == requestClass.caller }) {
            lanes[lane][index].jobs.append(job)
        } else {
            lanes[lane].append(Share(caller: requestClass.caller, jobs: [job]))
        }
        count += 1
    }

    /// Takes out the job that comes after all others, if it comes after one of this class.
    private mutating func giveUp(for requestClass: RequestClass) -> Job? {
        let own = requestClass.priority.rawValue
        guard let lane = lanes.lastIndex(where: { !$0.isEmpty }), lane >= own,
            let greediest = lanes[lane].indices.max(by: { lanes[lane][$0].jobs.count < lanes[lane][$1].jobs.count })
        else { return nil }
        if lane == own {
            let ownCount =
                lanes[lane].first { $0.caller == requestClass.caller }.map(\.jobs.count) ?? 0
            guard lanes[lane][greediest].jobs.count > ownCount + 1 else { return nil }
        }
        // Its newest: the others have waited longer, and are answered sooner.
        let job = lanes[lane][greediest].jobs.removeLast()
        if lanes[lane][greediest].jobs.isEmpty { lanes[lane].remove(at: greediest) }
        count -= 1
        return job
    }
}
