"""The standard cases, by what they are about; ``tests.conformance.suite`` lists and joins them."""
