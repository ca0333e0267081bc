BODIES = {"POST payment_methods/predict": lambda world: {"phone": "677000001"}}
