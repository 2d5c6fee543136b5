/// Ways to write an address that lead where nobody outside may.
enum HostileAddresses {
    static let texts = [
        "https://2130706433/", "https://0x7f000001/", "https://0x7f.0x0.0x0.0x1/", "https://017700000001/",
        "https://0177.0.0.1/", "https://127.1/", "https://127.0.1/", "https://0/", "https://0.0.0.0/", "https://[::]/",
        "https://[::1]/", "https://[0:0:0:0:0:0:0:1]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/",
        "https://[::127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[64:ff9b::10.0.0.1]/",
        "https://[2002:7f00:1::]/",
        "https://[2001::7f00:1]/", "https://169.254.169.254/latest/meta-data/", "https://2852039166/",
        "https://0xa9fea9fe/",
        "https://[fd00:ec2::254]/latest/meta-data/", "https://[fe80::1]/", "https://[fe80::1%25eth0]/",
        "https://100.100.100.200/", "https://192.0.0.192/", "https://168.63.129.16/", "https://10.0.0.1/",
        "https://172.16.0.1/", "https://192.168.0.1/", "https://100.64.0.1/", "https://224.0.0.1/",
        "https://255.255.255.255/", "https://127.0.0.1./", "https://127.0.0.1:8443/", "https://%31%32%37.0.0.1/",
        "https://127.0.0.256/", "https://256.256.256.256/", "https://1.2.3.4.5/", "https://0x7f.1.1.1.1/",
        "https://4294967296/", "https://08.0.0.1/", "https://[::1", "https://[127.0.0.1]/",
    ]
}
