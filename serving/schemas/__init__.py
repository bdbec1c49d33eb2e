"""What requests bring and answers hold: models with units and examples, from which OpenAPI is written."""
