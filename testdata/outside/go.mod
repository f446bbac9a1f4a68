module example.com/outside

go 1.26

require github.com/arrowmill/arrowmill v0.0.0

replace github.com/arrowmill/arrowmill => ../..
