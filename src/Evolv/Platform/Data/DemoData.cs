namespace Evolv.Platform.Data;

sealed record DemoLogin(string Role, string Email, string? Password);
