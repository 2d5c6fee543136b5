import Telemetry

extension RunningSpan {
    /// Ends the span of a saga's step.
    ///
    /// - Parameter result: nil where the saga was somebody else's by then.
    func end(_ step: Saga.Step, _ result: StepResult?) {
        end("saga \(step.rawValue)", .internal, [], errorType: result?.failure == nil ? nil : "outcome_unknown")
    }
}
