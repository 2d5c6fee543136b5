import Concurrency
import JSON
@testable import LambdaRuntime

/// Events as AWS sends them, after its documentation, with every member that a real one has.
enum SampleEvents {
    static var context: LambdaContext { LambdaContext(requestID: "request-1", deadline: .after(milliseconds: 60_000)) }

    static let all: [(name: String, text: String, kind: LambdaEvent.Kind)] = [
        ("REST API", restAPI, .restAPI), ("HTTP API", httpAPI, .httpAPI), ("function URL", functionURL, .functionURL),
        ("load balancer", loadBalancer, .loadBalancer),
        ("load balancer with multi-value headers", loadBalancerMultiValue, .loadBalancer),
        ("health check", healthCheck, .loadBalancer), ("queue", queue, .queue), ("FIFO queue", fifoQueue, .queue),
        ("schedule", schedule, .eventBridge), ("scheduler", scheduler, .eventBridge), ("EC2 event", ec2, .eventBridge),
    ]

    static let restAPI = """
        {"resource":"/{proxy+}","path":"/orders/1","httpMethod":"POST",
         "headers":{"Accept":"*/*","Content-Type":"application/json","Host":"1234567890.execute-api.us-east-1.amazonaws.com",
          "X-Forwarded-For":"127.0.0.1, 127.0.0.2","X-List":"b"},
         "multiValueHeaders":{"Accept":["*/*"],"Content-Type":["application/json"],
          "Host":["1234567890.execute-api.us-east-1.amazonaws.com"],"X-Forwarded-For":["127.0.0.1, 127.0.0.2"],
          "Cookie":["a=1; b=2"],"X-List":["a","b"]},
         "queryStringParameters":{"name":"a b&c","id":"2"},
         "multiValueQueryStringParameters":{"name":["a b&c"],"id":["1","2"]},
         "pathParameters":{"proxy":"orders/1"},"stageVariables":{"baz":"qux"},
         "requestContext":{"accountId":"123456789012","resourceId":"123456","stage":"prod",
          "requestId":"c6af9ac6-7b61-11e6-9a41-93e8deadbeef","requestTime":"09/Apr/2015:12:34:56 +0000",
          "requestTimeEpoch":1428582896000,"extendedRequestId":"JKJaXmPLvHcESHA=",
          "identity":{"cognitoIdentityPoolId":null,"accountId":null,"caller":null,"accessKey":null,
           "sourceIp":"127.0.0.1","cognitoAuthenticationType":null,"userArn":null,"userAgent":"Custom User Agent",
           "user":null},
          "path":"/prod/orders/1","resourcePath":"/{proxy+}","httpMethod":"POST","apiId":"1234567890",
          "protocol":"HTTP/1.1","authorizer":{"claims":{"sub":"1"},"principalId":"me"}},
         "body":"eyJ0ZXN0IjoiYm9keSJ9","isBase64Encoded":true}
        """

    static let httpAPI = """
        {"version":"2.0","routeKey":"$default","rawPath":"/prod/my/path","rawQueryString":"a=1&a=%202&b",
         "cookies":["cookie1=1","cookie2=2"],
         "headers":{"content-type":"application/json","x-list":"value1,value2","x-forwarded-for":"203.0.113.7"},
         "queryStringParameters":{"a":"1, 2","b":""},
         "requestContext":{"accountId":"123456789012","apiId":"api-id",
          "authentication":{"clientCert":{"clientCertPem":"CERT","subjectDN":"www.example.com"}},
          "authorizer":{"jwt":{"claims":{"claim1":"value1"},"scopes":["scope1","scope2"]}},
          "domainName":"id.execute-api.us-east-1.amazonaws.com","domainPrefix":"id",
          "http":{"method":"POST","path":"/prod/my/path","protocol":"HTTP/1.1","sourceIp":"192.0.2.1",
           "userAgent":"agent"},
          "requestId":"id","routeKey":"$default","stage":"prod","time":"12/Mar/2020:19:03:58 +0000",
          "timeEpoch":1583348638390},
         "body":"{\\"a\\":1}","pathParameters":{"parameter1":"value1"},"isBase64Encoded":false,
         "stageVariables":{"stageVariable1":"value1"}}
        """

    static let functionURL = """
        {"version":"2.0","routeKey":"$default","rawPath":"/my/path","rawQueryString":"a=1","cookies":["c=1"],
         "headers":{"header1":"value1"},"queryStringParameters":{"a":"1"},
         "requestContext":{"accountId":"123456789012","apiId":"urlid","authentication":null,
          "authorizer":{"iam":{"accessKey":"AKIA","accountId":"111122223333","callerId":"AIDA","cognitoIdentity":null,
           "principalOrgId":null,"userArn":"arn:aws:iam::111122223333:user/example","userId":"AIDA"}},
          "domainName":"urlid.lambda-url.us-west-2.on.aws","domainPrefix":"urlid",
          "http":{"method":"GET","path":"/my/path","protocol":"HTTP/1.1","sourceIp":"123.123.123.123",
           "userAgent":"agent"},"requestId":"id","routeKey":"$default","stage":"$default",
          "time":"12/Mar/2020:19:03:58 +0000","timeEpoch":1583348638390},
         "body":null,"pathParameters":null,"isBase64Encoded":false,"stageVariables":null}
        """

    private static let elb = """
        "requestContext":{"elb":{"targetGroupArn":"arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/l/49"}}
        """

    static let loadBalancer = """
        {\(elb),"httpMethod":"GET","path":"/a%20b","queryStringParameters":{"query":"1%202","other":"a+b"},
         "headers":{"accept":"text/html","host":"lambda-alb.us-east-1.elb.amazonaws.com","cookie":"a=1; b=2",
          "x-amzn-trace-id":"Root=1-5c536348-3d683b8b04734faae651f476","x-forwarded-for":"10.0.0.1, 72.12.164.125",
          "x-forwarded-port":"80","x-forwarded-proto":"http"},"body":"","isBase64Encoded":false}
        """

    static let loadBalancerMultiValue = """
        {\(elb),"httpMethod":"PUT","path":"/","multiValueQueryStringParameters":{"id":["1","2"]},
         "multiValueHeaders":{"accept":["text/html"],"cookie":["a=1","b=2"],"x-forwarded-for":["72.12.164.125"]},
         "body":"AP/+","isBase64Encoded":true}
        """

    static let healthCheck = """
        {\(elb),"httpMethod":"GET","path":"/health","queryStringParameters":{},
         "headers":{"user-agent":"ELB-HealthChecker/2.0"},"body":"","isBase64Encoded":false}
        """

    static let queue = """
        {"Records":[
         {"messageId":"m-1","receiptHandle":"AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a","body":"Test message.",
          "attributes":{"ApproximateReceiveCount":"3","SentTimestamp":"1545082649183","SenderId":"AIDAIENQZJOLO23YVJ4VO",
           "ApproximateFirstReceiveTimestamp":"1545082649185"},
          "messageAttributes":{"kind":{"stringValue":"100","stringListValues":[],"binaryListValues":[],"dataType":"Number"},
           "blob":{"binaryValue":"AP/+","stringListValues":[],"binaryListValues":[],"dataType":"Binary"}},
          "md5OfBody":"e4e68fb7bd0e697a0ae8f1bb342846b3","eventSource":"aws:sqs",
          "eventSourceARN":"arn:aws:sqs:us-east-2:123456789012:my-queue","awsRegion":"us-east-2"},
         {"messageId":"m-2","receiptHandle":"AQEB","body":"{}","attributes":{},"messageAttributes":{},
          "md5OfBody":"e4","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-2:123456789012:my-queue",
          "awsRegion":"us-east-2"}]}
        """

    static let fifoQueue = """
        {"Records":[\(["a 1", "b 2", "a 3", "b 4", "c 5"].map { fifoRecord($0) }.joined(separator: ","))]}
        """

    /// - Parameter name: the message's group and its id.
    static func fifoRecord(_ name: String) -> String {
        let parts = name.split(separator: " ")
        return """
            {"messageId":"m-\(parts[1])","receiptHandle":"r","body":"\(name)",
             "attributes":{"ApproximateReceiveCount":"1","SentTimestamp":"1573251510774",
              "SequenceNumber":"18849496460467696128","MessageGroupId":"\(parts[0])","SenderId":"AIDA",
              "MessageDeduplicationId":"\(parts[1])","ApproximateFirstReceiveTimestamp":"1573251510774"},
             "messageAttributes":{},"md5OfBody":"e4","eventSource":"aws:sqs",
             "eventSourceARN":"arn:aws:sqs:us-east-2:123456789012:my-queue.fifo","awsRegion":"us-east-2"}
            """
    }

    static let schedule = """
        {"version":"0","account":"123456789012","region":"us-east-2","detail":{},"detail-type":"Scheduled Event",
         "source":"aws.events","time":"2019-03-01T01:23:45Z","id":"cdc73f9d-aea9-11e3-9d5a-835b769c0d9c",
         "resources":["arn:aws:events:us-east-2:123456789012:rule/my-schedule"]}
        """

    static let scheduler = """
        {"version":"0","id":"b1","detail-type":"Scheduled Event","source":"aws.scheduler","account":"123456789012",
         "time":"2023-01-01T00:00:00Z","region":"us-east-1",
         "resources":["arn:aws:scheduler:us-east-1:123456789012:schedule/default/s"],"detail":"{}"}
        """

    static let ec2 = """
        {"version":"0","id":"7bf73129-1428-4cd3-a780-95db273d1602","detail-type":"EC2 Instance State-change Notification",
         "source":"aws.ec2","account":"123456789012","time":"2021-11-11T21:29:54Z","region":"us-east-1",
         "resources":["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"],
         "detail":{"instance-id":"i-abcd1111","state":"pending","deep":[1,2.50,{"a":null}]}}
        """
}
