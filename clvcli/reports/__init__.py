"""The questions clv answers: customers and a catalog in, tables out; one module per question."""
