import HTTPServer
import HTTPTypes
import LambdaRuntime
import Resilience

/// The application as a Lambda function behind API Gateway or a function URL.
struct LambdaDoor: LambdaHandler {
    /// 300 ms to answer in before Lambda ends the process: an answer too late is an outcome unknown.
    private static let answerReserveMilliseconds = 300

    let application: Application

    func handle(_ event: [UInt8], _ context: LambdaContext) throws -> [UInt8] {
        let invocation = try APIGatewayV2.request(from: event)
        var request = invocation.request
        request.target = LambdaDoor.withoutStage(request.target, invocation.stage)
        let arrival = Arrival(
            uptimeNanoseconds: Deadline.nowUptimeNanoseconds(), remoteAddress: invocation.sourceIP ?? "")
        let response = application.respond(
            request, arrival, by: context.deadline.earlier(milliseconds: LambdaDoor.answerReserveMilliseconds))
        return APIGatewayV2.event(from: response)
    }

    /// API Gateway puts the name of any stage but `$default` before the path.
    private static func withoutStage(_ target: String, _ stage: String?) -> String {
        guard let stage, stage != "$default", target.hasPrefix("/\(stage)/") else { return target }
        return String(target.dropFirst(stage.count + 1))
    }
}
