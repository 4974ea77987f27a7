import hmsffi

hmsffi.load_component("./greeter.so")
with hmsffi.create_client() as client:
    print(client.get_service("greet").call("hello", {"name": "Ada"}))
