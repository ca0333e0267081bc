BODIES = {"POST realtime/tickets": lambda world: {}}
