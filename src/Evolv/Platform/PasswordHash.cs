namespace Evolv.Platform;

/// <summary>Hashes a password as sign-up does. The auth family provides it; the demo community needs it.</summary>
delegate string PasswordHash(string password);
