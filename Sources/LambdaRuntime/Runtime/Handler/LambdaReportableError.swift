/// An error that names itself to Lambda; of any other the Swift type's name is reported.
public protocol LambdaReportableError: Error {
    /// What the invocation's caller, CloudWatch and X-Ray show as the error's type, by convention `Category.Reason`: visible
    /// ASCII, of which 128 characters are kept.
    ///
    /// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror
    var lambdaErrorType: String { get }
}
